// Who is here and who may type, and the words by which people come to terms about it. All of it is hidden where the
// service does not tell.
// @ts-check

import { button, element, make, say } from './dom.js';
import { clock } from './words.js';

/** Seconds after which the holder grants by saying nothing, where the service does not say after how many. */
const GRANTED_AFTER = 30;
/** Milliseconds more, after which one may ask again: by then it was granted, had the holder typed nothing. */
const PATIENCE = 5_000;

/**
 * @typedef {import('./protocol.js').Session} Session
 * @typedef {import('./protocol.js').Viewer} Viewer
 */

export class People {
  /** @param {Session} session @param {(message: object) => boolean} send */
  constructor(session, send) {
    this.session = session;
    this.send = send;
    /**
     * Whom this session has asked, and how often it was told something since: first that it has asked, then the answer.
     * @type {{holder: string | null, told: number} | null}
     */
    this.asked = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    element('ask').addEventListener('click', () => {
      this.asked = { holder: session.input?.holder ?? null, told: 0 };
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.#answered(), this.#grantsAfter * 1000 + PATIENCE);
      send({ type: 'request' });
      this.refresh();
    });
    element('take').addEventListener('click', () => send({ type: 'take' }));
    element('release').addEventListener('click', () => send({ type: 'release' }));
  }

  /** Shows what is known now. */
  refresh() {
    this.#here();
    this.#typing();
    this.#requests();
  }

  /** Why this session may not type, for who tries; '' where it may. */
  get refusal() {
    const { session } = this;
    if (!session.mayType) return 'This address is for looking on: what you type goes nowhere.';
    if (session.typesNow) return '';
    return `${this.#name(session.input?.holder ?? '')} types. What you type goes nowhere until you may.`;
  }

  #here() {
    const { viewers } = this.session;
    const list = element('here');
    list.hidden = element('here-title').hidden = viewers === null;
    const label = element('panel-button');
    if (viewers === null) {
      say(label, 'Events');
      return;
    }
    say(label, `${viewers.length} here`);
    label.setAttribute('aria-label', `${viewers.length} here: who, and what happened`);
    list.replaceChildren(...viewers.map((viewer) => this.#person(viewer)));
  }

  /** @param {Viewer} viewer */
  #person(viewer) {
    // `viewers` is of the moment when somebody came or went; `input` is of now.
    const holds = viewer.session === this.session.input?.holder;
    const does = holds ? 'types' : viewer.may_type ? 'may type' : 'looks on';
    const from = viewer.user && viewer.who ? `from ${viewer.who}, ` : '';
    return make('li', {}, [
      make('span', { text: this.#name(viewer.session) }),
      make('small', { text: `${does}; ${from}since ${clock(new Date(viewer.since))}` }),
    ]);
  }

  #typing() {
    const { session } = this;
    const { input } = session;
    const mine = input !== null && input.holder !== null && input.holder === session.id;
    const others = input !== null && input.holder !== null && !mine;
    if (this.asked !== null && this.asked.holder !== (input?.holder ?? null)) this.asked = null;
    element('typing').hidden = session.mayType && (input === null || input.mode === 'shared');
    say(element('typing-text'), this.#typingWords(mine, others));
    const ask = /** @type {HTMLButtonElement} */ (element('ask'));
    const lease = session.mayType && others && input.mode === 'lease';
    ask.hidden = element('take').hidden = !lease;
    ask.disabled = this.asked !== null;
    say(ask, ask.disabled ? 'Asked' : 'Ask to type');
    element('release').hidden = !mine;
  }

  /** @param {boolean} mine @param {boolean} others */
  #typingWords(mine, others) {
    if (!this.session.mayType) return 'looking on';
    if (mine) return 'you type';
    return others ? `${this.#name(this.session.input?.holder ?? '')} types` : 'nobody types: begin, and it is you';
  }

  get #grantsAfter() {
    return this.session.input?.grants_after ?? GRANTED_AFTER;
  }

  #requests() {
    const { session } = this;
    const mine = session.input !== null && session.input.holder === session.id && session.id !== '';
    const requests = mine ? (session.input?.requests ?? []) : [];
    const silence = `${this.#grantsAfter} s`;
    const bar = element('asked');
    const before = bar.dataset.requests ?? '';
    if (before === requests.join()) return; // not to take a button away from under a finger
    bar.dataset.requests = requests.join();
    bar.hidden = requests.length === 0;
    bar.replaceChildren(...requests.flatMap((id) => [
      make('span', { text: `${this.#name(id)} asks to type, and may once you have typed nothing for ${silence}.` }),
      button('Let them', () => this.send({ type: 'grant', session: id })),
      button('Not now', () => this.send({ type: 'deny', session: id })),
    ]));
  }

  /** @param {string} id A session's. */
  #name(id) {
    const viewer = this.session.viewers?.find((each) => each.session === id);
    const name = viewer ? viewer.user || viewer.who : id ? 'somebody' : 'somebody else';
    return id === this.session.id && id !== '' ? `${name} (you)` : name;
  }

  /** The input changed, and perhaps this session was told something of it. @param {string} text */
  told(text) {
    if (this.asked !== null && text !== '') this.asked.told += 1;
    if (this.asked !== null && this.asked.told > 1) this.#answered();
    else this.refresh();
  }

  /** It may be asked for again. */
  #answered() {
    this.asked = null;
    this.refresh();
  }
}
