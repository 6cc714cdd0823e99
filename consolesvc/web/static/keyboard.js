// The few keys that are the page's, the toolbar's arrows, and the keys that a phone has not.
// @ts-check

import { copy, NOT_COPIED } from './copying.js';
import { element } from './dom.js';

const ENCODER = new TextEncoder();
/** @type {Record<string, string>} */
const ARROWS = { ArrowUp: 'A', ArrowDown: 'B', ArrowRight: 'C', ArrowLeft: 'D' };

export class Keyboard {
  /**
   * @param {import('./screen.js').Screen} screen
   * @param {import('./searching.js').Searching} searching
   * @param {(bytes: Uint8Array<ArrayBuffer>) => boolean} type
   * @param {(text: string) => void} tell
   */
  constructor(screen, searching, type, tell) {
    this.screen = screen;
    this.searching = searching;
    this.tell = tell;
    /** Whether the next key that is typed goes with Ctrl. */
    this.ctrl = false;
    document.addEventListener('keydown', (event) => this.#key(event), { capture: true });
    this.#toolbar(element('tools'));
    element('help-button').addEventListener('click', () => /** @type {HTMLDialogElement} */ (element('help')).showModal());
    for (const key of document.querySelectorAll('[data-key]')) {
      key.addEventListener('click', () => {
        type(ENCODER.encode(this.#sequence(/** @type {HTMLElement} */ (key).dataset.key ?? '')));
        screen.term.focus();
      });
    }
    element('ctrl-key').addEventListener('click', () => {
      this.#hold(!this.ctrl);
      screen.term.focus();
    });
  }

  /**
   * What was typed, with the Ctrl of the page's own key where that is held.
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  withCtrl(bytes) {
    if (!this.ctrl || bytes.length !== 1) return bytes;
    this.#hold(false);
    return Uint8Array.of(bytes[0] & 0x1f);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const taken = event.ctrlKey && !event.altKey && !event.metaKey && this.#command(event);
    if (!taken) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event @returns {boolean} Whether it was one of ours. */
  #command(event) {
    if (document.querySelector('dialog[open]') !== null) return false;
    if (event.key === 'F6') {
      if (element('terminal').contains(document.activeElement)) this.#tools().find((tool) => tool.tabIndex === 0)?.focus();
      else this.screen.term.focus();
      return true;
    }
    if (!event.shiftKey) return false;
    switch (event.code) {
      case 'KeyF':
        this.searching.open();
        return true;
      case 'KeyC':
        void this.#copy(this.screen.term.getSelection());
        return true;
      default:
        return false;
    }
  }

  /** @param {string} text */
  async #copy(text) {
    if (text !== '' && !(await copy(text))) this.tell(NOT_COPIED);
  }

  /** Arrows go from button to button, Tab goes past them all (ARIA's toolbar). @param {HTMLElement} bar */
  #toolbar(bar) {
    const tools = this.#tools();
    for (const tool of tools) tool.tabIndex = tool === tools[0] ? 0 : -1;
    bar.addEventListener('focusin', (event) => {
      for (const tool of tools) tool.tabIndex = tool === event.target ? 0 : -1;
    });
    bar.addEventListener('keydown', (event) => {
      const at = tools.indexOf(/** @type {HTMLElement} */ (event.target));
      /** @type {Record<string, number>} */
      const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tools.length - 1 };
      if (event.key in steps) tools[(steps[event.key] + tools.length) % tools.length].focus();
      else if (event.key === 'Escape') this.screen.term.focus();
      else return;
      event.preventDefault();
    });
  }

  /** @returns {HTMLElement[]} */
  #tools() {
    return [...element('tools').querySelectorAll('button')];
  }

  /** @param {string} key */
  #sequence(key) {
    if (key in ARROWS) return (this.screen.term.modes.applicationCursorKeysMode ? '\x1bO' : '\x1b[') + ARROWS[key];
    return key === 'Tab' ? '\t' : '\x1b';
  }

  /** @param {boolean} held */
  #hold(held) {
    this.ctrl = held;
    element('ctrl-key').setAttribute('aria-pressed', String(held));
  }
}
