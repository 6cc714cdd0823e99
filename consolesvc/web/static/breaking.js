// A break, alone or with the key that a Linux takes for a SysRq command.
// @ts-check

import { element, make, say } from './dom.js';

/** Milliseconds that the service has to say that the break was sent, beside its own length. */
const PATIENCE = 3_000;

/** @type {[string, string, string][]} Key, what it does, and a warning where it does harm. */
const KEYS = [
  ['', 'none: only the break', ''],
  ['h', 'h: list the keys', ''],
  ['t', 't: all tasks', ''],
  ['w', 'w: blocked tasks', ''],
  ['l', 'l: what each CPU does', ''],
  ['m', 'm: memory', ''],
  ['p', 'p: registers', ''],
  ['9', '9: all kernel messages on the console', ''],
  ['r', 'r: take the keyboard back', ''],
  ['s', 's: write caches to disk', ''],
  ['u', 'u: remount all read-only', 'Programs on the machine can no longer write.'],
  ['e', 'e: end all programs', 'All programs but init are asked to end.'],
  ['f', 'f: have the kernel kill a program', 'The kernel kills the program that uses most memory.'],
  ['i', 'i: kill all programs', 'All programs but init are killed.'],
  ['c', 'c: crash', 'The kernel panics, now.'],
  ['b', 'b: reset', 'The machine restarts at once, without writing anything to disk.'],
  ['o', 'o: power off', 'The machine is switched off.'],
];

export class Breaking {
  /**
   * @param {(message: object) => boolean} say
   * @param {(bytes: Uint8Array<ArrayBuffer>) => boolean} type
   * @param {(text: string) => void} tell
   * @param {() => string} refusal Why this session may not; '' where it may.
   */
  constructor(say, type, tell, refusal) {
    this.say = say;
    this.type = type;
    this.tell = tell;
    this.refusal = refusal;
    /** What is called when the service has sent the break, or has not. @type {((sent: boolean) => void) | null} */
    this.answered = null;
    this.dialog = /** @type {HTMLDialogElement} */ (element('break'));
    this.key = /** @type {HTMLSelectElement} */ (element('break-key'));
    this.ms = /** @type {HTMLSelectElement} */ (element('break-ms'));
    this.key.append(...KEYS.map(([value, text]) => make('option', { value, text })));
    this.key.addEventListener('change', () => this.#warn());
    element('break-button').addEventListener('click', () => this.open());
    element('break-cancel').addEventListener('click', () => this.dialog.close());
    element('break-send').addEventListener('click', () => {
      this.dialog.close();
      void this.#send(Number(this.ms.value), this.key.value);
    });
  }

  open() {
    const refusal = this.refusal();
    if (refusal) {
      this.tell(refusal);
      return;
    }
    this.key.value = '';
    this.#warn();
    this.dialog.showModal();
    this.key.focus();
  }

  /** The service said something about a break. @param {boolean} sent */
  told(sent) {
    this.answered?.(sent);
  }

  #warn() {
    const [, , warning] = KEYS.find(([key]) => key === this.key.value) ?? ['', '', ''];
    const at = element('break-warning');
    say(at, warning);
    at.hidden = warning === '';
    say(element('break-send'), this.key.value === '' ? 'Send the break' : `Send the break, then “${this.key.value}”`);
  }

  /** @param {number} ms @param {string} key */
  async #send(ms, key) {
    /** @type {Promise<boolean | null>} */
    const answer = new Promise((resolve) => {
      this.answered = resolve;
      window.setTimeout(() => resolve(null), ms + PATIENCE);
    });
    if (!this.say({ type: 'break', ms })) {
      this.tell('No break sent: there is no connection.');
      return;
    }
    // A key that overtook its break would be typed into a shell.
    const sent = await answer;
    this.answered = null;
    if (sent === null) this.tell(`The service has not said that the break was sent${key ? `; “${key}” was not typed` : ''}.`);
    else if (sent && key) this.type(new TextEncoder().encode(key));
  }
}
