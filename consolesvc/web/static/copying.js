// Copying a text to the clipboard.
// @ts-check

import { make } from './dom.js';

/** What to say where copying did not work. */
export const NOT_COPIED = 'This browser lets the page copy nothing: select the text, and copy it by the browser’s menu.';

/**
 * Copies a text, also where no page may use the clipboard's own interface: one without TLS.
 * @param {string} text
 * @returns {Promise<boolean>} Whether it is in the clipboard now.
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The old way, below.
  }
  const focused = document.activeElement;
  const area = make('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
  area.value = text;
  // Outside of a dialog that is open nothing can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
