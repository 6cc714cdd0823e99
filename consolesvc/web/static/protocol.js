// The subprotocol consolesvc.v1 (proxy/PROTOCOL.md) as a client has to know it. No DOM, no sockets: messages in, what
// they mean out.
// @ts-check

export const SUBPROTOCOL = 'consolesvc.v1';

/**
 * @typedef {{state: string, why: string}} Line
 * @typedef {{session: string, who: string, user: string, may_type: boolean, holds: boolean, since: string}} Viewer
 * @typedef {{mode: string, holder: string | null, may_type: boolean, requests: string[], grants_after?: number, refused: number, text: string}} Input
 * @typedef {{offset: number, bytes: Uint8Array, history: boolean}} Piece Output bytes from an offset on; `history`:
 *   said before this client came, so that what its terminal answers to them is dropped.
 * @typedef {{kind: 'hello', again: boolean, renumbered: boolean}
 *   | {kind: 'gap', from: number, to: number}
 *   | {kind: 'line', text: string}
 *   | {kind: 'viewers'}
 *   | {kind: 'input', text: string, refused: boolean}
 *   | {kind: 'event', event: string, offset: number, text: string}} Happening
 */

/** One session with a console, over as many connections as it takes. */
export class Session {
  /**
   * @param {{token?: string, resume?: string}} secret What the page was opened with.
   * @param {Record<string, string>} [wish] Where to start: `replay`, or `since` and `stream`.
   */
  constructor(secret, wish = {}) {
    this.wish = wish;
    this.token = secret.token ?? '';
    this.resume = secret.resume ?? '';
    /** The next byte's offset. */
    this.offset = 0;
    /** The oldest byte that can still be had. */
    this.start = 0;
    /** Names the numbering that offsets are of; '' before the first hello. */
    this.stream = '';
    this.replayEnd = 0;
    this.id = '';
    this.name = '';
    this.mayType = true;
    /** @type {Line} */
    this.line = { state: 'opening', why: '' };
    /** @type {Viewer[] | null} Null: the service does not tell. */
    this.viewers = null;
    /** @type {Input | null} Likewise. */
    this.input = null;
    /** Bytes typed on this connection that were refused. */
    this.refused = 0;
  }

  /**
   * Where to connect to: with the token at first, and then to the very byte.
   * @param {string} base Such as `ws://127.0.0.1:6083/`.
   */
  address(base) {
    const url = new URL(base);
    if (this.resume) url.searchParams.set('resume', this.resume);
    else url.searchParams.set('token', this.token);
    const where = this.stream ? { since: String(this.offset), stream: this.stream } : this.wish;
    for (const [name, value] of Object.entries(where)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Whether this session may type at this moment, as far as the page knows. */
  get typesNow() {
    return this.mayType && (this.input === null || this.input.may_type);
  }

  /**
   * Takes a TEXT message.
   * @param {string} text
   * @returns {Happening | null} Null for what this client does not know.
   */
  heard(text) {
    const message = JSON.parse(text);
    switch (message.type) {
      case 'hello':
        return this.#hello(message);
      case 'gap':
        this.offset = message.to;
        return { kind: 'gap', from: message.from, to: message.to };
      case 'line':
        this.line = { state: message.state, why: message.why };
        return { kind: 'line', text: message.text };
      case 'viewers':
        this.viewers = message.viewers;
        return { kind: 'viewers' };
      case 'input':
        // A service without the modes of `input` says only what it refused.
        if (message.mode !== undefined) this.input = message;
        return { kind: 'input', text: message.text ?? '', refused: this.#refuses(message.refused ?? 0) };
      case 'event':
        return { kind: 'event', event: message.event, offset: message.offset, text: message.text };
      default:
        return null;
    }
  }

  /**
   * Takes a BINARY message: output, in at most two pieces, the history first.
   * @param {Uint8Array} bytes
   * @returns {Piece[]}
   */
  took(bytes) {
    const offset = this.offset;
    this.offset += bytes.length;
    const old = Math.min(Math.max(0, this.replayEnd - offset), bytes.length);
    const pieces = [];
    if (old > 0) pieces.push({ offset, bytes: bytes.subarray(0, old), history: true });
    if (old < bytes.length) pieces.push({ offset: offset + old, bytes: bytes.subarray(old), history: false });
    return pieces;
  }

  /** Whether more has been refused than was known. @param {number} refused */
  #refuses(refused) {
    const more = refused > this.refused;
    this.refused = refused;
    return more;
  }

  /** @returns {Happening} */
  #hello(/** @type {any} */ message) {
    const again = this.stream !== '';
    const renumbered = again && this.stream !== message.stream;
    this.stream = message.stream;
    this.offset = message.offset;
    this.start = message.start;
    this.replayEnd = message.replay[1];
    // None where the service cannot keep one now: then what let this page in has to do.
    if (message.resume) {
      this.resume = message.resume;
      this.token = '';
    }
    this.line = message.line;
    this.mayType = message.may_type;
    this.id = message.session ?? '';
    this.name = message.name ?? this.name;
    this.viewers = message.viewers ?? null;
    this.input = message.input === undefined ? null : { mode: 'shared', requests: [], refused: 0, text: '', ...message.input };
    if (this.input !== null && this.input.may_type === undefined) this.input.may_type = message.may_type;
    this.refused = this.input?.refused ?? 0;
    return { kind: 'hello', again, renumbered };
  }
}
