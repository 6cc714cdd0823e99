// Calls to the service, with its reader's token: kept for this tab, sent as a header, never a cookie.
// @ts-check

import { refusal } from './faults.js';

const KEPT = 'consolesvc.token';
const PATIENCE = 15_000;

/**
 * @typedef {{event: string, text: string, time: string}} Happened What was recognised in a console's output.
 * @typedef {{
 *   id: string, name: string, project_id: string,
 *   line: {type: string, target: string, state: string, why: string, for: number, loan: null | {user: string, who: string}},
 *   silent: number | null, viewers: number, end: number, tail: string,
 *   input?: {mode: string, holder: string | null}, events?: Happened[],
 * }} Console As the native API shows it; `events` the newest first.
 * @typedef {{consoles: Console[], configuration_error: string | null,
 *   caller: {user: string, may_type: boolean, is_admin: boolean}}} List
 * @typedef {{id: string, who: string, user: string, since: string, may_type: boolean, holds: boolean}} SessionView
 */

export class Service {
  /** @param {string} root Where the API is, with a slash at its end. */
  constructor(root) {
    this.root = root;
    this.token = kept();
  }

  /** @param {number} tail Bytes of each console's last lines. @returns {Promise<List>} */
  list(tail) {
    return this.call('GET', `console/v1/consoles?tail=${tail}`);
  }

  /** The address of a console's page, for who may type. @param {string} id @returns {Promise<string>} */
  async page(id) {
    const body = { 'os-getSerialConsole': { type: 'serial' } };
    const { console: found } = await this.call('POST', `v2.1/servers/${id}/action`, body);
    return String(found.url).replace(/^ws/, 'http');
  }

  /**
   * A page for looking on, which may be handed on.
   * @param {string} id @param {number} ttl Seconds for which it is good.
   * @returns {Promise<{page: string, expires: string}>} Its address; ISO 8601.
   */
  async share(id, ttl) {
    return (await this.call('POST', `console/v1/consoles/${id}/share`, { ttl })).share;
  }

  /** Ends all pages for looking on at a console; how many there were. @param {string} id @returns {Promise<number>} */
  async withdraw(id) {
    return (await this.call('DELETE', `console/v1/consoles/${id}/share`)).withdrawn;
  }

  /** @param {string} id @returns {Promise<SessionView[]>} */
  async sessions(id) {
    return (await this.call('GET', `console/v1/consoles/${id}/sessions`)).sessions;
  }

  /** @param {string} id @param {string} session @param {string} reason */
  kick(id, session, reason) {
    return this.call('POST', `console/v1/consoles/${id}/sessions/${session}/kick`, { reason });
  }

  /** Takes a port back that was lent. @param {string} id */
  takeBack(id) {
    return this.call('POST', `console/v1/consoles/${id}/up`, {});
  }

  /**
   * One call.
   * @param {string} method @param {string} path @param {object} [body]
   * @returns {Promise<any>} The answer's JSON.
   */
  async call(method, path, body) {
    const { answer } = await this.exchange(method, path, body, this.token);
    return answer;
  }

  /**
   * One call, with another token than the reader's.
   * @param {string} method @param {string} path @param {object | undefined} body @param {string} token
   * @param {Record<string, string>} [more] Headers.
   * @returns {Promise<{answer: any, headers: Headers}>}
   */
  async exchange(method, path, body, token, more = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json', ...more };
    if (token) headers['X-Auth-Token'] = token;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const response = await fetch(new URL(path, this.root), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) throw await refusal(response);
    return { answer: response.status === 204 ? null : await response.json(), headers: response.headers };
  }

  /** From now on calls are made with this token; '' for none. @param {string} token */
  signIn(token) {
    this.token = token;
    try {
      if (token) sessionStorage.setItem(KEPT, token);
      else sessionStorage.removeItem(KEPT);
    } catch {
      // This browser keeps nothing for pages: the token lasts as long as this one.
    }
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    return '';
  }
}
