// Search in what is loaded, with a way to load more.
// @ts-check

import { element, say } from './dom.js';
import { MATCHES } from './palettes.js';

export class Searching {
  /** @param {import('./screen.js').Screen} screen @param {import('./older.js').Older} older */
  constructor(screen, older) {
    this.screen = screen;
    this.older = older;
    this.text = /** @type {HTMLInputElement} */ (element('search-text'));
    screen.search.onDidChangeResults(({ resultIndex, resultCount }) => this.#found(resultIndex, resultCount));
    element('search-button').addEventListener('click', () => this.toggle());
    element('search-close').addEventListener('click', () => this.close());
    element('search-next').addEventListener('click', () => this.find(true));
    element('search-previous').addEventListener('click', () => this.find(false));
    element('search-older').addEventListener('click', () => void this.#more());
    this.text.addEventListener('input', () => this.find(false, true));
    for (const id of ['search-case', 'search-regex']) element(id).addEventListener('change', () => this.find(false, true));
    element('search').addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
      else if (event.key === 'Enter' && event.target === this.text) this.find(event.shiftKey);
    });
  }

  toggle() {
    if (element('search').hidden) this.open();
    else this.close();
  }

  open() {
    element('search').hidden = false;
    element('search-button').setAttribute('aria-expanded', 'true');
    const selected = this.screen.term.getSelection();
    if (selected && !selected.includes('\n')) this.text.value = selected;
    this.text.focus();
    this.text.select();
    if (this.text.value) this.find(false, true);
  }

  close() {
    element('search').hidden = true;
    element('search-button').setAttribute('aria-expanded', 'false');
    this.screen.search.clearDecorations();
    this.screen.term.clearSelection();
    this.screen.term.focus();
  }

  /**
   * Goes to the next match; the newest are looked at first, as the reader is at the end.
   * @param {boolean} forward
   * @param {boolean} [typing] Whether the text is still being typed: a match that still fits is kept.
   */
  find(forward, typing = false) {
    const text = this.text.value;
    if (text === '' || !this.#isValid(text)) {
      this.screen.search.clearDecorations();
      this.screen.term.clearSelection();
      say(element('search-count'), text === '' ? '' : 'no pattern');
      element('search-older').hidden = true;
      return;
    }
    const theme = document.documentElement.dataset.theme === 'light' ? 'light' : 'dark';
    const options = {
      caseSensitive: this.#checked('search-case'),
      regex: this.#checked('search-regex'),
      decorations: MATCHES[theme],
    };
    if (typing) this.screen.term.clearSelection();
    const { search } = this.screen;
    const found = forward ? search.findNext(text, options) : search.findPrevious(text, options);
    if (!found) this.#found(-1, 0);
  }

  /** @param {number} index @param {number} count */
  #found(index, count) {
    if (element('search').hidden || this.text.value === '') return;
    const words = count === 0 ? 'not found' : index < 0 ? `${count} or more` : `${index + 1} of ${count}`;
    say(element('search-count'), words);
    element('search-older').hidden = this.older.more === 0;
  }

  async #more() {
    await this.older.load();
    this.find(false, true);
    this.text.focus(); // the button goes with the last of it
  }

  /** @param {string} text */
  #isValid(text) {
    if (!this.#checked('search-regex')) return true;
    try {
      return new RegExp(text) instanceof RegExp;
    } catch {
      return false;
    }
  }

  /** @param {string} id */
  #checked(id) {
    return /** @type {HTMLInputElement} */ (element(id)).checked;
  }
}
