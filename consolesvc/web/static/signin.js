// Asks who is there, as far as the service's identity wants to know.
// @ts-check

import { element, make, say } from './dom.js';
import { Refused, sentence } from './faults.js';
import { prove, revoke, scoped } from './keystone.js';

/** @type {Record<string, string>} */
const HINTS = {
  static: 'One that the operator of this service gave you.',
  builtin: 'One that you have already: “openstack token issue -f value -c id” prints it.',
  keystone: 'Of the lab’s Keystone: “openstack token issue -f value -c id” prints one.',
};

export class SignIn {
  /**
   * @param {import('./service.js').Service} service
   * @param {() => void} done Called with a token in the service's hands.
   */
  constructor(service, done) {
    this.service = service;
    this.done = done;
    this.kind = document.documentElement.dataset.identity ?? 'none';
    this.byPassword = this.kind === 'builtin';
    /** Of who has proved who they are and has a project to choose. */
    this.unscoped = '';
    say(element('token-hint'), HINTS[this.kind] ?? '');
    element('sign-in').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    element('other-way').addEventListener('click', () => {
      this.byPassword = !this.byPassword;
      this.ask('');
    });
    element('sign-out').addEventListener('click', () => void this.#signOut());
    element('user').addEventListener('input', () => this.#forget());
    element('password').addEventListener('input', () => this.#forget());
  }

  /** Shows the form. @param {string} note Why, where that is not plain. */
  ask(note) {
    element('sign-in').hidden = false;
    element('sign-out').hidden = true;
    element('with-password').hidden = !this.byPassword;
    element('with-token').hidden = this.byPassword;
    element('other-way').hidden = this.kind !== 'builtin';
    say(element('other-way'), this.byPassword ? 'With a token' : 'With a password');
    this.#note(note);
    element(this.byPassword ? 'user' : 'token').focus();
  }

  /** Hides it. */
  close() {
    element('sign-in').hidden = true;
    element('sign-out').hidden = this.kind === 'none';
  }

  async #submit() {
    const button = /** @type {HTMLButtonElement} */ (element('sign-in-button'));
    button.disabled = true;
    try {
      const token = this.byPassword ? await this.#password() : value('token').trim();
      if (!token) return;
      this.service.signIn(token);
      input('password').value = input('token').value = '';
      this.#forget();
      this.done();
    } catch (error) {
      this.#note(sentence(error));
    } finally {
      button.disabled = false;
    }
  }

  /** @returns {Promise<string>} '' where a project has to be chosen first. */
  async #password() {
    const select = /** @type {HTMLSelectElement} */ (element('project'));
    if (this.unscoped) return scoped(this.service, this.unscoped, select.value);
    const { token, projects } = await this.#prove();
    if (projects.length === 0) throw new Error('This user has a role in no project.');
    if (projects.length === 1) return scoped(this.service, token, projects[0].id);
    this.unscoped = token;
    select.replaceChildren(...projects.map(({ id, name }) => make('option', { value: id, text: name })));
    element('project-field').hidden = false;
    this.#note('');
    select.focus();
    return '';
  }

  async #prove() {
    try {
      return await prove(this.service, value('user').trim(), value('password'));
    } catch (error) {
      if (error instanceof Refused && error.status === 401) throw new Error('That user and that password do not fit.');
      throw error;
    }
  }

  async #signOut() {
    const { token } = this.service;
    this.service.signIn('');
    this.done();
    if (this.kind === 'builtin' && token) await revoke(this.service, token).catch(() => {});
  }

  #forget() {
    this.unscoped = '';
    element('project-field').hidden = true;
  }

  /** @param {string} text */
  #note(text) {
    const note = element('sign-in-note');
    say(note, text);
    note.hidden = text === '';
  }
}

/** @param {string} id @returns {HTMLInputElement} */
const input = (id) => element(id);
/** @param {string} id */
const value = (id) => input(id).value;
