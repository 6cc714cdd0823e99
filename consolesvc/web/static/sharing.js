// Links to look on at a console: made for a time of one's choice, shown, copied, and withdrawn.
// @ts-check

import { copy, NOT_COPIED } from './copying.js';
import { element, say } from './dom.js';
import { sentence } from './faults.js';
import { number } from './words.js';

/** @typedef {import('./service.js').Console} Console */

export class Sharing {
  /** @param {import('./service.js').Service} service */
  constructor(service) {
    this.service = service;
    /** @type {Console | null} */
    this.console = null;
    this.dialog = /** @type {HTMLDialogElement} */ (element('share'));
    this.time = /** @type {HTMLSelectElement} */ (element('share-time'));
    this.link = /** @type {HTMLInputElement} */ (element('share-link'));
    this.link.addEventListener('focus', () => this.link.select());
    this.time.addEventListener('change', () => this.#clear());
    element('share-make').addEventListener('click', () => void this.#attempt(() => this.#make()));
    element('share-copy').addEventListener('click', () => void this.#copy());
    element('share-withdraw').addEventListener('click', () => void this.#attempt(() => this.#withdraw()));
  }

  /** @param {Console} console @param {boolean} mayType Whether its reader may end what others have made, too. */
  open(console, mayType) {
    this.console = console;
    say(element('share-title'), `A link to look on at ${console.name}`);
    element('share-withdraw').hidden = !mayType;
    this.#clear();
    this.dialog.showModal();
    this.time.focus();
  }

  #clear() {
    this.link.value = '';
    element('share-made').hidden = true;
    say(element('share-note'), '');
  }

  async #make() {
    const { page, expires } = await this.service.share(this.#id, Number(this.time.value));
    this.link.value = page;
    element('share-made').hidden = false;
    await this.#copy();
    this.link.focus();
    const until = new Date(expires).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    say(element('share-until'), `Good until ${until}; who looks on by it then is cut off. It types nothing.`);
  }

  async #copy() {
    const copied = await copy(this.link.value);
    say(element('share-note'), copied ? 'The link is copied.' : NOT_COPIED);
    if (!copied) this.link.focus();
  }

  async #withdraw() {
    const ended = await this.service.withdraw(this.#id);
    this.#clear();
    say(element('share-note'), ended === 0 ? 'There was no link.' : `${number(ended, 'link')} withdrawn: nobody looks on by one any more.`);
  }

  get #id() {
    return this.console?.id ?? '';
  }

  /** @param {() => Promise<void>} work */
  async #attempt(work) {
    try {
      await work();
    } catch (error) {
      say(element('share-note'), sentence(error));
    }
  }
}
