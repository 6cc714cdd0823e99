// One paste on its way to the machine, piece by piece, until it is through or is stopped. No DOM.
// @ts-check

import { pieces } from './paste.js';
import { number } from './words.js';

/** Characters that may wait in this browser before a paste waits for them. */
const ROOM = 64 * 1024;
/** Milliseconds between two looks at what waits. */
const LOOK = 20;
const BEGIN = '\x1b[200~';
/** What ends a bracketed paste: a machine that is not sent it takes all that follows for a part of the paste. */
export const END = '\x1b[201~';

export class Sending {
  /**
   * @param {string} text As `clean` left it.
   * @param {string} pace As `pieces` takes it.
   * @param {{bracketed: boolean, type: (text: string) => boolean, unsent: () => number}} way `bracketed`: whether the
   *   machine is told that it is a paste. `type` types a text; whether it was taken. `unsent`: what waits in this browser.
   */
  constructor(text, pace, way) {
    this.text = text;
    this.pace = pace;
    this.way = way;
    /** Characters sent. */
    this.done = 0;
    /** Why it stopped; '' where nothing has stopped it. */
    this.why = '';
    /** Whether the machine has been told that a paste begins, and not that it ends. */
    this.begun = false;
    this.wake = () => {};
  }

  /** Sends no more; the first reason counts. @param {string} why A sentence without its full stop. */
  stop(why) {
    this.why ||= why;
    this.wake();
  }

  /**
   * Sends all of it.
   * @param {() => void} progress Called after each piece.
   */
  async run(progress) {
    for (const piece of pieces(this.text, this.pace)) {
      if (this.why) return;
      const start = this.way.bracketed && this.done === 0;
      if (!this.way.type((start ? BEGIN : '') + piece.text)) {
        this.stop('it could not be typed');
        return;
      }
      this.begun ||= start;
      this.done += piece.text.length;
      progress();
      if (this.done === this.text.length) return;
      await this.#pause(piece.wait);
      while (this.way.unsent() > ROOM && !this.why) await this.#pause(LOOK);
    }
  }

  /** Tells the machine that the paste is over, where it was told that one began; whether it needs no more telling. */
  end() {
    if (this.begun && this.way.type(END)) this.begun = false;
    return !this.begun;
  }

  /** How much has been sent, of how much. */
  get sent() {
    const lines = count(this.text);
    const characters = `${this.done} of ${number(this.text.length, 'character')}`;
    return lines === 0 ? characters : `${characters}, ${count(this.text.slice(0, this.done))} of ${number(lines, 'line')}`;
  }

  /** @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    if (this.why) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** @param {string} text */
const count = (text) => (text.match(/\r/g) ?? []).length;
