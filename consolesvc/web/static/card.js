// One console in the list. Kept and changed with each answer, so that nobody's focus or selection is lost.
// @ts-check

import { button, element, make, say } from './dom.js';
import { latest, standing, words } from './latest.js';
import { duration, lineWords, number } from './words.js';

/** Lines of the tail that are shown. */
const LINES = 24;

/**
 * @typedef {import('./service.js').Console} Console
 * @typedef {import('./service.js').SessionView} SessionView
 * @typedef {{open: (console: Console) => void, share: (console: Console) => void, takeBack: (console: Console) => void,
 *   sessions: (console: Console) => Promise<SessionView[]>, kick: (console: Console, session: SessionView) => void}} Deeds
 * @typedef {{mayType: boolean, showProject: boolean}} Rights
 */

export class Card {
  /** @param {Console} console @param {Deeds} deeds */
  constructor(console, deeds) {
    this.console = console;
    this.deeds = deeds;
    this.name = make('h2', { text: console.name });
    this.stateText = make('span');
    this.state = make('span', { class: 'state' }, [make('span', { class: 'dot', 'aria-hidden': 'true' }), this.stateText]);
    this.facts = make('p', { class: 'facts' });
    this.why = make('p', { class: 'why' });
    this.tail = make('pre', { class: 'tail', 'aria-label': `Last lines of ${console.name}` });
    this.tail.addEventListener('click', () => !this.open.hidden && this.deeds.open(this.console));
    this.events = make('ul', { class: 'happened', 'aria-label': `What happened to ${console.name}` });
    this.open = button('', () => this.deeds.open(this.console), { class: 'primary' });
    this.share = button('Share', () => this.deeds.share(this.console), { 'aria-haspopup': 'dialog' });
    this.back = button('Take the port back', () => this.deeds.takeBack(this.console));
    this.here = button('', () => void this.#toggleSessions(), { class: 'end', 'aria-expanded': 'false' });
    this.hereText = make('span', { class: 'end' });
    this.sessions = make('ul', { class: 'sessions', 'aria-label': `Who is at ${console.name}` });
    this.sessions.hidden = true;
    const head = make('div', { class: 'card-head' }, [this.name, this.state]);
    const foot = make('div', { class: 'card-foot' }, [this.open, this.share, this.back, this.here, this.hereText]);
    this.element = make('li', { class: 'card' }, [head, this.facts, this.why, this.tail, this.events, foot, this.sessions]);
  }

  /**
   * Shows how the console does now.
   * @param {Console} console
   * @param {Rights} rights
   */
  update(console, rights) {
    this.console = console;
    const { line } = console;
    this.element.dataset.state = this.state.dataset.state = line.state;
    say(this.name, console.name);
    say(this.stateText, lineWords(line));
    say(this.facts, facts(console, rights));
    say(this.why, line.why);
    this.why.hidden = line.why === '' || line.state === 'connected';
    say(this.tail, tail(console.tail));
    this.#happened();
    this.#actions(rights);
    if (!this.sessions.hidden) void this.#showSessions();
  }

  #happened() {
    const { events, name } = this.console;
    const found = latest(events);
    this.element.classList.toggle('in-trouble', standing(events) !== undefined);
    this.events.hidden = found.length === 0;
    while (this.events.children.length > found.length) this.events.lastElementChild?.remove();
    found.forEach((event, at) => {
      const item = this.events.children[at] ?? this.events.appendChild(make('li'));
      item.setAttribute('data-event', event.event);
      say(item, `${words(event, name)} · ${ago(event.time)}`);
    });
  }

  /** @param {Rights} rights */
  #actions({ mayType }) {
    const { line, viewers, input } = this.console;
    const shares = input !== undefined; // a service that has modes of input has links to look on, and sessions to list
    this.open.hidden = !mayType && !shares;
    say(this.open, mayType ? 'Open' : 'Look on');
    this.open.setAttribute('aria-label', `${mayType ? 'Open' : 'Look on at'} ${this.console.name}`);
    this.share.hidden = !shares;
    this.share.setAttribute('aria-label', `Share ${this.console.name}: a link to look on`);
    this.back.hidden = !mayType || line.state !== 'lent';
    this.mayKick = mayType;
    const here = viewers === 0 ? 'nobody here' : `${viewers} here${input?.holder ? ', one types' : ''}`;
    this.here.hidden = !shares || viewers === 0;
    this.hereText.hidden = !this.here.hidden;
    say(this.here, here);
    say(this.hereText, here);
    if (this.here.hidden) this.#close();
  }

  async #toggleSessions() {
    if (!this.sessions.hidden) {
      this.#close();
      return;
    }
    this.here.setAttribute('aria-expanded', 'true');
    this.sessions.hidden = false;
    await this.#showSessions();
  }

  async #showSessions() {
    const found = await this.deeds.sessions(this.console);
    const ids = found.map((session) => session.id).join();
    if (this.sessions.dataset.ids === ids) return; // not to take a button away from under a finger
    this.sessions.dataset.ids = ids;
    this.sessions.replaceChildren(...found.map((session) => this.#session(session)));
  }

  /** @param {SessionView} session */
  #session(session) {
    const name = session.user || session.who;
    const does = session.holds ? 'types' : session.may_type ? 'may type' : 'looks on';
    const age = duration(Math.max(0, (Date.now() - Date.parse(session.since)) / 1000));
    const person = make('span', { text: name }, [make('small', { text: `${does}, from ${session.who}, for ${age}` })]);
    const kick = button('Send away', () => this.deeds.kick(this.console, session), { 'aria-label': `Send ${name} away` });
    kick.hidden = !this.mayKick;
    return make('li', {}, [person, kick]);
  }

  #close() {
    this.sessions.hidden = true;
    this.here.setAttribute('aria-expanded', 'false');
  }
}

/** @param {Console} console @param {Rights} rights */
function facts({ line, silent, project_id: project }, { showProject }) {
  const told = [line.target];
  if (line.state === 'connected') told.push(silence(silent));
  else told.push(`for ${duration(line.for)}`);
  if (showProject) told.push(`project ${project}`);
  return told.join(' · ');
}

/** @param {number | null} seconds */
function silence(seconds) {
  if (seconds === null) return 'has said nothing yet';
  return seconds < 3 ? 'talking' : `silent for ${duration(seconds)}`;
}

/** @param {string} time ISO 8601. */
function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  return seconds < 60 ? 'just now' : `${duration(seconds)} ago`;
}

/** @param {string} text */
function tail(text) {
  return text.replace(/\n+$/, '').split('\n').slice(-LINES).join('\n');
}

/** @param {number} all @param {number} shown @param {number} down */
export function countWords(all, shown, down) {
  const some = shown === all ? number(all, 'console') : `${shown} of ${number(all, 'console')}`;
  return down === 0 ? some : `${some}, ${down} without a line`;
}

/** Asks why somebody is to be sent away. @param {string} name @param {(reason: string) => void} send */
export function askToKick(name, send) {
  const dialog = /** @type {HTMLDialogElement} */ (element('kick'));
  const reason = /** @type {HTMLInputElement} */ (element('kick-reason'));
  const text = 'and reads who did it and why. The address they came by ends too, unless it is a link to look on';
  say(element('kick-text'), `${name} is cut off, ${text}. They can come back with a new address.`);
  reason.value = '';
  element('kick-cancel').onclick = () => dialog.close();
  element('kick-send').onclick = () => {
    dialog.close();
    send(reason.value.trim());
  };
  dialog.showModal();
  reason.focus();
}
