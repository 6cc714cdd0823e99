// Pasting: one line is typed at once, more is looked at first; slowly, if the machine wants it slow. A paste does not
// outlive what it was begun with: on another connection, or a line that was away, another machine may be listening.
// @ts-check

import { element, say } from './dom.js';
import * as kept from './kept.js';
import { clean, wantsLook } from './paste.js';
import { Sending } from './sending.js';
import { number } from './words.js';

const ENCODER = new TextEncoder();

export class Pasting {
  /**
   * @param {import('./screen.js').Screen} screen
   * @param {import('./connection.js').Connection} connection
   * @param {() => string} refusal Why nothing can be typed now; '' where it can.
   * @param {(text: string, stopped?: boolean) => void} tell `stopped`: it is to be found later, too.
   */
  constructor(screen, connection, refusal, tell) {
    this.screen = screen;
    this.connection = connection;
    this.refusal = refusal;
    this.tell = tell;
    /** The paste under way. @type {Sending | null} */
    this.sending = null;
    /** One that stopped, of which the machine has not been told that it is over. @type {Sending | null} */
    this.open = null;
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
    element('pasting-stop').addEventListener('click', () => {
      if (this.sending) this.sending.stop('you stopped it');
      else element('pasting').hidden = true;
    });
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
    if (this.sending) {
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

  /** Something has happened that no paste may outlive. @param {string} why A sentence without its full stop. */
  stop(why) {
    this.sending?.stop(why);
  }

  /** The line was away: who listens now may know of no paste. */
  forget() {
    this.open = null;
    if (this.sending) this.sending.begun = false;
  }

  /** It may be that what could not be sent can be now. */
  settle() {
    const { bracketedPasteMode } = this.screen.term.modes;
    if (this.open && (!bracketedPasteMode || (this.refusal() === '' && this.open.end()))) this.open = null;
  }

  /** @param {string} text @param {string} pace */
  async run(text, pace) {
    const refusal = this.refusal();
    if (refusal || this.sending) {
      this.tell(refusal ? `Nothing is pasted: ${refusal}` : 'The paste before this one is still under way.');
      return;
    }
    const bar = element('pasting');
    const sending = new Sending(text, pace, {
      bracketed: this.screen.term.modes.bracketedPasteMode,
      type: (piece) => this.connection.type(ENCODER.encode(piece)),
      unsent: () => this.connection.unsent,
    });
    this.sending = sending;
    this.open = null;
    bar.hidden = pace === '';
    say(element('pasting-stop'), 'Stop');
    try {
      await sending.run(() => this.#progress(sending));
    } finally {
      this.sending = null;
      bar.hidden = true;
      if (this.refusal() !== '' || !sending.end()) this.open = sending.begun ? sending : null;
    }
    if (sending.why) this.#stopped(sending);
  }

  /** @param {Sending} sending */
  #progress(sending) {
    const progress = /** @type {HTMLProgressElement} */ (element('pasting-progress'));
    progress.value = sending.done / sending.text.length;
    say(element('pasting-text'), `Pasting: ${sending.sent}`);
  }

  /** Says where it stopped, and leaves that to be read by who looks at it later. @param {Sending} sending */
  #stopped(sending) {
    const words = `The paste stopped after ${sending.sent}: ${sending.why}.`;
    this.tell(words, true);
    say(element('pasting-text'), words);
    say(element('pasting-stop'), 'Close');
    element('pasting').hidden = false;
  }
}
