// What happened to the console: a list in the panel, and a word on the screen for a moment.
// @ts-check

import { element, make } from './dom.js';
import { clock } from './words.js';

const KEPT = 200;
const SHOWN_FOR = 7_000;
const BAD = new Set(['lost', 'panic', 'reset-loop', 'gap', 'refused']);

export class Events {
  /** @param {import('./screen.js').Screen} screen */
  constructor(screen) {
    this.screen = screen;
    this.list = element('events');
    this.toasts = element('toasts');
  }

  /**
   * @param {string} kind
   * @param {string} text A sentence.
   * @param {{quiet?: boolean, place?: boolean}} [how] `quiet`: in the list only. `place`: it is about where the output
   *   stands now.
   */
  add(kind, text, { quiet = false, place = false } = {}) {
    const bad = BAD.has(kind) ? 'bad' : '';
    const item = make('li', { 'data-kind': bad }, [make('time', { text: clock() })]);
    if (place) item.append(this.#placed(text));
    else item.append(text);
    this.list.prepend(item);
    element('events-title').hidden = false;
    while (this.list.children.length > KEPT) this.list.lastElementChild?.remove();
    if (!quiet && element('panel').hidden) this.toast(text, bad);
  }

  /** A word for a moment. @param {string} text @param {string} [kind] */
  toast(text, kind = '') {
    for (const old of this.toasts.children) if (old.textContent === text) old.remove();
    const toast = make('div', { class: 'toast', 'data-kind': kind, text });
    this.toasts.append(toast);
    while (this.toasts.children.length > 3) this.toasts.firstElementChild?.remove();
    window.setTimeout(() => toast.remove(), SHOWN_FOR);
  }

  /** A text that leads to where the output stands now. @param {string} text */
  #placed(text) {
    const place = make('button', { type: 'button', text });
    this.screen.term.write('', () => {
      const marker = this.screen.term.registerMarker(0);
      place.addEventListener('click', () => {
        if (marker.isDisposed) this.toast('That is further back than what is loaded here.');
        else this.screen.term.scrollToLine(Math.max(0, marker.line - 3));
      });
    });
    return place;
  }
}
