// Output by offset from the service: GET console/t/output, which the session's own secret opens.
// @ts-check

import { refusal, Refused } from './faults.js';
import { fromLineStart } from './shown.js';

/**
 * @typedef {import('./shown.js').Entry} Entry
 * @typedef {import('./protocol.js').Session} Session
 */

/** Bytes asked for at once: the most that the service gives. */
const PIECE = 1024 * 1024;
const PROBE_WAIT = 5_000;

export class Output {
  /** @param {string} address Of the call. @param {Session} session Whose secret opens it. */
  constructor(address, session) {
    this.address = address;
    this.session = session;
  }

  /**
   * One piece: what there is from `start` on, at most `limit` bytes.
   * @param {number} start @param {number} limit @param {AbortSignal} [signal]
   * @returns {Promise<{offset: number, bytes: Uint8Array<ArrayBuffer>, gap: string}>} `gap`: what is gone before it, FROM-TO.
   */
  async piece(start, limit, signal) {
    const answer = await this.#get({ start, limit: Math.min(limit, PIECE) }, 'application/octet-stream', signal);
    return {
      offset: Number(answer.headers.get('Console-Start')),
      bytes: new Uint8Array(await answer.arrayBuffer()),
      gap: answer.headers.get('Console-Gap') ?? '',
    };
  }

  /**
   * Output before an offset, `size` bytes or a little less, from the start of a line.
   * @param {number} end @param {number} size
   * @returns {Promise<Entry[]>} In order; where bytes are gone, a note says so.
   */
  async before(end, size) {
    const wanted = Math.max(this.session.start, end - size);
    /** @type {Entry[]} */
    const entries = [];
    for await (const { offset, bytes, gap } of this.#pieces(wanted, end)) {
      if (gap !== '') entries.push({ offset, note: missing(gap) });
      if (bytes.length === 0) continue;
      entries.push(entries.length === 0 ? fromLineStart({ offset, bytes }, offset <= this.session.start) : { offset, bytes });
    }
    return entries;
  }

  /**
   * All that there is, piece by piece, up to where it ends now.
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<{bytes: Uint8Array<ArrayBuffer>, gap: string, done: number, size: number}>} `done` of `size` bytes.
   */
  async *all(signal) {
    const { start, end } = await this.range(signal);
    for await (const { offset, bytes, gap } of this.#pieces(start, end, signal)) {
      yield { bytes, gap, done: offset + bytes.length - start, size: end - start };
    }
  }

  /** The offsets of the oldest byte and behind the newest. @param {AbortSignal} [signal] */
  async range(signal) {
    const answer = await this.#get({ limit: 1 }, 'application/json', signal);
    const found = await answer.json();
    return { start: found.start, end: found.end };
  }

  /**
   * Whether the session's connection lives, asked by another one: false where it does not, or nothing answers; else the
   * offset behind the newest byte, as far as it can be known.
   * @returns {Promise<false | number>}
   */
  async lives() {
    try {
      const signal = AbortSignal.timeout(PROBE_WAIT);
      const answer = await this.#get({ start: this.session.offset, limit: 1 }, 'application/json', signal);
      return answer.headers.get('Console-Attached') === '0' ? false : (await answer.json()).end;
    } catch (error) {
      // A service that cannot say now who may come in lets those go on who are there.
      return error instanceof Refused && error.status === 503 && this.session.offset;
    }
  }

  /** @param {number} start @param {number} end @param {AbortSignal} [signal] */
  async *#pieces(start, end, signal) {
    let at = start;
    while (at < end) {
      const piece = await this.piece(at, end - at, signal);
      if (piece.offset >= end) {
        yield { offset: end, bytes: new Uint8Array(0), gap: `${at}-${end}` };
        return;
      }
      const bytes = piece.bytes.subarray(0, end - piece.offset);
      if (bytes.length === 0) return;
      yield { ...piece, bytes };
      at = piece.offset + bytes.length;
    }
  }

  /**
   * @param {Record<string, number>} query @param {string} accept @param {AbortSignal} [signal]
   */
  async #get(query, accept, signal) {
    const url = new URL(this.address);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    url.searchParams.set('stream', this.session.stream);
    const { resume, token } = this.session;
    const headers = { Accept: accept, ...(resume ? { 'Console-Resume': resume } : { 'Console-Token': token }) };
    const answer = await fetch(url, { headers, signal, cache: 'no-store', referrerPolicy: 'no-referrer' });
    if (answer.ok) return answer;
    throw await refusal(answer);
  }
}

/** @param {string} gap FROM-TO */
export function missing(gap) {
  const [from, to] = gap.split('-');
  return `bytes ${from}..${to} are missing here`;
}
