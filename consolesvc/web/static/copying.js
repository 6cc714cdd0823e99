// Copying a text to the clipboard.
// @ts-check

import { make } from './dom.js';

/** Copies a text, also where no page may use the clipboard's own interface: one without TLS. @param {string} text */
export async function copy(text) {
  if (text === '') return;
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // The old way, below.
  }
  const focused = document.activeElement;
  const area = make('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
}
