// Scrolling back beyond what the page has: older output comes from the service's memory and log.
// @ts-check

import { element, say } from './dom.js';
import { sentence } from './faults.js';
import { size } from './words.js';

/** Bytes loaded at once, and kept at most: what is beyond is in the log, to be downloaded. */
const STEP = 256 * 1024;
const MOST = 6 * 1024 * 1024;

/**
 * @typedef {import('./screen.js').Screen} Screen
 * @typedef {import('./shown.js').Shown} Shown
 */

export class Older {
  /**
   * @param {Screen} screen @param {Shown} shown @param {import('./output.js').Output} output
   * @param {(text: string) => void} tell Says why it did not work.
   */
  constructor(screen, shown, output, tell) {
    this.screen = screen;
    this.shown = shown;
    this.output = output;
    this.tell = tell;
    this.loading = false;
    /** Whether output has to wait: all is being written anew. */
    this.holding = false;
    /** Whether somebody has scrolled back. */
    this.asked = false;
    /** What waits. @type {(() => void)[]} */
    this.held = [];
    const { term } = screen;
    term.onScroll(() => this.refresh());
    term.onWriteParsed(() => this.refresh());
    element('terminal').addEventListener('wheel', (event) => event.deltaY < 0 && this.#reached(), { passive: true });
    element('older').addEventListener('click', () => void this.load().then(() => term.focus()));
    element('newest').addEventListener('click', () => {
      term.scrollToBottom();
      term.focus();
    });
    term.onKey(({ domEvent }) => domEvent.key === 'PageUp' && domEvent.shiftKey && this.#reached());
  }

  /** Bytes that the service has before what is shown. */
  get more() {
    const { session } = this.output;
    return session.stream === '' ? 0 : Math.max(0, (this.shown.begin ?? session.offset) - session.start);
  }

  /** Shows or hides what leads to older and to newer output. */
  refresh() {
    const { viewportY, baseY, type } = this.screen.term.buffer.active;
    const top = type === 'normal' && viewportY === 0 && this.more > 0;
    const older = element('older');
    // Not over the first screen of a fresh page, where nobody has scrolled yet.
    older.hidden = !(top && (baseY > 0 || this.asked));
    const words = this.#full ? 'The rest is in the log' : `Load older output (${size(this.more)})`;
    say(older, this.loading ? 'Loading…' : words);
    element('newest').hidden = viewportY >= baseY - 1;
  }

  /** Somebody scrolls back at the very top. */
  #reached() {
    const { viewportY, type } = this.screen.term.buffer.active;
    if (type === 'normal' && viewportY === 0 && this.more > 0 && !this.#full) void this.load();
    this.refresh();
  }

  get #full() {
    return this.shown.size >= MOST;
  }

  /** Does something to the screen, now or once it is written anew. @param {() => void} write */
  after(write) {
    if (this.holding) this.held.push(write);
    else write();
  }

  /** Loads one more step of older output; whether there was some. */
  async load() {
    if (this.loading || this.more === 0) return false;
    if (this.#full) {
      this.tell('This page keeps no more. Download the log for the rest.');
      return false;
    }
    this.asked = true;
    this.loading = true;
    this.refresh();
    try {
      const end = this.shown.begin ?? this.output.session.offset;
      const older = await this.output.before(end, STEP);
      if (older.length === 0 || (this.shown.begin ?? end) !== end) return false;
      // What is gone from the log since the hello is not there to be asked for again.
      if (older[0].offset >= end) this.output.session.start = end;
      await this.#show(older);
      return true;
    } catch (error) {
      this.tell(`Older output could not be loaded: ${sentence(error)}`);
      return false;
    } finally {
      this.loading = false;
      this.refresh();
    }
  }

  /** @param {import('./shown.js').Entry[]} older */
  async #show(older) {
    this.holding = true;
    this.shown.prepend(older);
    await this.screen.redraw([...this.shown.entries]);
    this.holding = false;
    for (const write of this.held.splice(0)) write();
  }
}
