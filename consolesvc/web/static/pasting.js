// Pasting: one line is typed at once, more is looked at first; slowly, if the machine wants it slow.
// @ts-check

import { element, say } from './dom.js';
import * as kept from './kept.js';
import { clean, pieces, wantsLook } from './paste.js';
import { number } from './words.js';

/** Bytes that may wait in this browser before a paste waits for them. */
const ROOM = 64 * 1024;
const ENCODER = new TextEncoder();
const BEGIN = '\x1b[200~';
const END = '\x1b[201~';

export class Pasting {
  /**
   * @param {import('./screen.js').Screen} screen
   * @param {import('./connection.js').Connection} connection
   * @param {(bytes: Uint8Array<ArrayBuffer>) => boolean} type Types; whether it was taken.
   * @param {(text: string) => void} tell
   */
  constructor(screen, connection, type, tell) {
    this.screen = screen;
    this.connection = connection;
    this.type = type;
    this.tell = tell;
    this.running = false;
    this.stopped = false;
    this.dialog = /** @type {HTMLDialogElement} */ (element('paste'));
    this.text = /** @type {HTMLTextAreaElement} */ (element('paste-text'));
    this.pace = /** @type {HTMLSelectElement} */ (element('paste-pace'));
    this.pace.value = kept.read('pace', '');
    this.pace.addEventListener('change', () => kept.write('pace', this.pace.value));
    element('terminal').addEventListener('paste', (event) => this.#pasted(event), { capture: true });
    element('paste-button').addEventListener('click', () => void this.#fromClipboard());
    element('paste-cancel').addEventListener('click', () => this.dialog.close());
    element('paste-send').addEventListener('click', () => {
      const { text } = clean(this.text.value);
      this.dialog.close();
      void this.run(text, this.pace.value);
    });
    element('pasting-stop').addEventListener('click', () => (this.stopped = true));
    this.text.addEventListener('input', () => this.#count());
    this.dialog.addEventListener('close', () => (this.text.value = ''));
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    event.preventDefault();
    event.stopPropagation();
    this.#take(event.clipboardData?.getData('text/plain') ?? '');
  }

  /** What the button does: where the browser lets no page read the clipboard, its reader pastes into the dialog. */
  async #fromClipboard() {
    let text = '';
    try {
      text = await navigator.clipboard.readText();
    } catch {
      // No permission, or a page without TLS, which has no such thing.
    }
    this.#show(text);
  }

  /** @param {string} text */
  #take(text) {
    if (text === '') return;
    const paste = clean(text);
    if (wantsLook(paste) || this.pace.value !== '') this.#show(text);
    else void this.run(paste.text, '');
  }

  /** @param {string} text */
  #show(text) {
    if (this.running) {
      this.tell('The paste before this one is still under way.');
      return;
    }
    this.text.value = text;
    this.#count();
    this.dialog.showModal();
    element(text === '' ? 'paste-text' : 'paste-send').focus();
  }

  #count() {
    const { text, dropped } = clean(this.text.value);
    const lines = (text.match(/\r/g) ?? []).length;
    const words = text === '' ? 'Paste or write here what is to be typed.' : `${number(text.length, 'character')}, ${number(lines, 'Enter key')}.`;
    const left = dropped > 0 ? ` ${number(dropped, 'control character')} left out.` : '';
    const bracketed = this.screen.term.modes.bracketedPasteMode ? ' The machine is told that it is a paste.' : '';
    say(element('paste-note'), words + left + bracketed);
    /** @type {HTMLButtonElement} */ (element('paste-send')).disabled = text === '';
  }

  /** @param {string} text @param {string} pace */
  async run(text, pace) {
    const whole = this.screen.term.modes.bracketedPasteMode ? BEGIN + text + END : text;
    const bar = element('pasting');
    const progress = /** @type {HTMLProgressElement} */ (element('pasting-progress'));
    let done = 0;
    this.running = true;
    this.stopped = false;
    try {
      for (const piece of pieces(whole, pace)) {
        if (this.stopped || !this.type(ENCODER.encode(piece.text))) {
          this.tell(`The paste stopped after ${done} of ${number(whole.length, 'character')}.`);
          return;
        }
        done += piece.text.length;
        progress.value = done / whole.length;
        say(element('pasting-text'), `Pasting: ${done} of ${number(whole.length, 'character')}`);
        if (done < whole.length) {
          bar.hidden = pace === '';
          await pause(piece.wait);
          while (this.connection.unsent > ROOM && !this.stopped) await pause(20);
        }
      }
    } finally {
      bar.hidden = true;
      this.running = false;
    }
  }
}

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((resolve) => window.setTimeout(resolve, ms));
