// How the connection and the line do: a word in the bar, and a sentence below it where something is wrong.
// @ts-check

import { element, say } from './dom.js';
import { lineWords } from './words.js';

/** Milliseconds for which a cut is not worth a bar: most are over before anybody has read it. */
const PATIENCE = 1_200;

/**
 * @typedef {import('./connection.js').State} State
 * @typedef {import('./closes.js').Ending} Ending
 */

export class Status {
  /** @param {import('./protocol.js').Session} session */
  constructor(session) {
    this.session = session;
    /** @type {State} */
    this.state = 'connecting';
    /** @type {Ending | null} */
    this.ending = null;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /** @param {State} state @param {Ending | null} ending */
  connection(state, ending) {
    const was = this.state;
    this.state = state;
    if (state !== 'connecting') this.ending = ending; // a try is part of the trouble that it is to end
    if (state === 'waiting' && was === 'open') {
      this.timer = window.setTimeout(() => {
        this.timer = undefined;
        this.#trouble();
      }, PATIENCE);
    } else if (state === 'open' || state === 'ended') {
      window.clearTimeout(this.timer);
      this.timer = undefined;
    }
    this.refresh();
  }

  /** The page was opened with nothing. */
  nothing() {
    this.state = 'ended';
    this.ending = {
      again: false,
      title: 'No console',
      text: 'There is no token in this address any more. Open the console from the list, or with “consolesvc url”.',
    };
    this.refresh();
    this.#trouble();
  }

  /** Shows what is known now. */
  refresh() {
    const { line, name } = this.session;
    const title = name || 'Console';
    say(element('name'), title);
    element('terminal').setAttribute('aria-label', name ? `Terminal of ${name}` : 'Terminal');
    const [state, words] = this.#words(line);
    element('state').dataset.state = state;
    say(element('state-text'), words);
    if (this.timer === undefined) this.#trouble();
  }

  /** @param {import('./protocol.js').Line} line @returns {[string, string]} */
  #words(line) {
    switch (this.state) {
      case 'open':
        return [line.state, lineWords(line)];
      case 'ended':
        return ['ended', 'ended'];
      default:
        return this.session.stream === '' ? ['opening', 'connecting'] : ['waiting', 'reconnecting'];
    }
  }

  #trouble() {
    const { line } = this.session;
    if (this.ending !== null && this.state !== 'open') {
      this.#show(this.ending.title, this.ending.text, this.ending.again ? 'soft' : 'hard', this.ending.again);
    } else if (this.state === 'open' && line.state === 'waiting') {
      this.#show('The line is not open', `${line.why}. It opens by itself once that is over.`, 'soft', false);
    } else if (this.state === 'open' && line.state === 'lent') {
      this.#show('The port is lent out', line.why, 'soft', false);
    } else {
      element('trouble').hidden = true;
    }
  }

  /** @param {string} title @param {string} text @param {string} kind @param {boolean} now */
  #show(title, text, kind, now) {
    const bar = element('trouble');
    bar.dataset.kind = kind;
    say(element('trouble-title'), title);
    say(element('trouble-text'), text);
    element('trouble-now').hidden = !now;
    bar.hidden = false;
  }
}
