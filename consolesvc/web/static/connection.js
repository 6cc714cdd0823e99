// Keeps a session connected: opens its websocket, notices when it is dead, and comes back to the byte.
// @ts-check

import { explain } from './closes.js';
import { SUBPROTOCOL } from './protocol.js';

/** Milliseconds between two tries, the first and the longest; between them it doubles. */
const FIRST_WAIT = 300;
const LONGEST_WAIT = 10_000;
/** Milliseconds for a websocket to open and say hello. */
const HELLO_WAIT = 10_000;
/** Milliseconds of silence after which somebody has to ask whether the connection lives. */
const QUIET = 30_000;
/** Milliseconds for what was typed to leave this host. */
const TYPED_WAIT = 4_000;
const TICK = 2_000;

/**
 * @typedef {import('./protocol.js').Session} Session
 * @typedef {'connecting' | 'open' | 'waiting' | 'ended'} State
 * @typedef {{
 *   state: (state: State, ending: import('./closes.js').Ending | null) => void,
 *   pieces: (pieces: import('./protocol.js').Piece[]) => void,
 *   happened: (happening: import('./protocol.js').Happening) => void,
 *   lives: () => Promise<boolean | number>,
 * }} Handlers `lives` asks the service by another way: false where this connection is dead, else the offset behind the
 *   console's last byte.
 */

export class Connection {
  /**
   * @param {string} base Where the websocket is.
   * @param {Session} session
   * @param {Handlers} handlers
   */
  constructor(base, session, handlers) {
    this.base = base;
    this.session = session;
    this.handlers = handlers;
    /** @type {State} */
    this.state = 'connecting';
    /** @type {WebSocket | null} */
    this.ws = null;
    this.greeted = false;
    this.wait = FIRST_WAIT;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.heardAt = 0;
    this.typedAt = 0;
    this.asking = false;
    window.setInterval(() => this.#look(), TICK);
    window.addEventListener('online', () => this.now());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.now();
    });
  }

  /** Connects. */
  open() {
    window.clearTimeout(this.timer);
    this.#become('connecting', null);
    const ws = new WebSocket(this.session.address(this.base), SUBPROTOCOL);
    ws.binaryType = 'arraybuffer';
    this.ws = ws;
    this.greeted = false;
    this.timer = window.setTimeout(() => this.#cut(), HELLO_WAIT);
    ws.addEventListener('message', (event) => {
      if (this.ws === ws) this.#message(event.data);
    });
    ws.addEventListener('close', (event) => {
      if (this.ws === ws) this.#closed(event.code, event.reason);
    });
  }

  /** Tries at once where it waits; asks whether it lives where it is open: the network or the host was away. */
  now() {
    if (this.state === 'waiting') this.open();
    else if (this.state === 'open') void this.#ask();
  }

  /**
   * Sends input; whether it was taken.
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  type(bytes) {
    if (this.state !== 'open' || this.ws === null) return false;
    if (this.ws.bufferedAmount === 0) this.typedAt = Date.now();
    this.ws.send(bytes);
    return true;
  }

  /**
   * Sends a message about the session; whether it was taken.
   * @param {object} message
   */
  say(message) {
    if (this.state !== 'open' || this.ws === null) return false;
    this.ws.send(JSON.stringify(message));
    return true;
  }

  /** Bytes of input that have not left this host. */
  get unsent() {
    return this.ws?.bufferedAmount ?? 0;
  }

  /** @param {string | ArrayBuffer} data */
  #message(data) {
    this.heardAt = Date.now();
    if (typeof data !== 'string') {
      this.handlers.pieces(this.session.took(new Uint8Array(data)));
      return;
    }
    const happening = this.session.heard(data);
    if (happening === null) return;
    if (happening.kind === 'hello') {
      window.clearTimeout(this.timer);
      this.greeted = true;
      this.wait = FIRST_WAIT;
      this.#become('open', null);
    }
    this.handlers.happened(happening);
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.ws = null;
    window.clearTimeout(this.timer);
    const ending = explain(code, reason, this.session.stream !== '');
    if (!ending.again) {
      this.#become('ended', ending);
      return;
    }
    this.#become('waiting', ending);
    // Not all pages at the same moment, where a service has just started.
    this.timer = window.setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  /** Gives the websocket up without waiting for the other side, which may be gone. */
  #cut() {
    const ws = this.ws;
    this.ws = null;
    ws?.close(1000);
    this.#closed(1006, '');
  }

  #look() {
    if (this.state !== 'open') return;
    const now = Date.now();
    const stuck = this.unsent > 0 && now - this.typedAt > TYPED_WAIT;
    if (stuck || now - this.heardAt > QUIET) void this.#ask();
  }

  async #ask() {
    if (this.asking) return;
    this.asking = true;
    const ws = this.ws;
    const offset = this.session.offset;
    try {
      const found = await this.handlers.lives();
      this.heardAt = Math.max(this.heardAt, Date.now());
      if (ws !== this.ws || this.state !== 'open') return;
      if (found === false) this.#cut();
      else if (typeof found === 'number' && found > offset && this.session.offset === offset) {
        // There is output that has not come. It may be on its way.
        window.setTimeout(() => {
          if (ws === this.ws && this.state === 'open' && this.session.offset === offset) this.#cut();
        }, TICK);
      }
    } finally {
      this.asking = false;
    }
  }

  /** @param {State} state @param {import('./closes.js').Ending | null} ending */
  #become(state, ending) {
    this.state = state;
    this.handlers.state(state, ending);
  }
}
