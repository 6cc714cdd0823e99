// What a reader may choose: colours, text size, rows and columns, the screen reader mode.
// @ts-check

import { element, say } from './dom.js';
import * as kept from './kept.js';

const SMALLEST = 8;
const LARGEST = 32;
const USUAL = '14';

export class Settings {
  /**
   * @param {import('./screen.js').Screen} screen
   * @param {(bytes: Uint8Array<ArrayBuffer>) => boolean} type
   */
  constructor(screen, type) {
    this.screen = screen;
    const dialog = /** @type {HTMLDialogElement} */ (element('settings'));
    element('settings-button').addEventListener('click', () => dialog.showModal());
    this.#choice('theme', 'theme', () => document.dispatchEvent(new Event('theme-chosen')));
    this.#choice('fit', 'fit', (value) => {
      screen.fitting = value !== 'fixed';
      screen.fit();
    });
    this.#screenReader();
    this.#textSize();
    element('tell-size').addEventListener('click', () => {
      const { rows, cols } = screen.term;
      dialog.close();
      type(new TextEncoder().encode(`stty rows ${rows} cols ${cols}\r`));
    });
  }

  /** @param {string} id @param {string} name @param {(value: string) => void} apply */
  #choice(id, name, apply) {
    const select = /** @type {HTMLSelectElement} */ (element(id));
    select.value = kept.read(name, select.value);
    if (select.value === '') select.selectedIndex = 0; // what was kept is no choice any more
    select.addEventListener('change', () => {
      kept.write(name, select.value);
      apply(select.value);
    });
    apply(select.value);
  }

  #screenReader() {
    const box = /** @type {HTMLInputElement} */ (element('screen-reader'));
    box.checked = kept.read('screen-reader', '') === '1';
    const apply = () => (this.screen.term.options.screenReaderMode = box.checked);
    box.addEventListener('change', () => {
      kept.write('screen-reader', box.checked ? '1' : '');
      apply();
    });
    apply();
  }

  #textSize() {
    let size = Number.parseInt(kept.read('text-size', USUAL), 10) || Number(USUAL);
    /** @param {number} by */
    const change = (by) => {
      size = Math.min(LARGEST, Math.max(SMALLEST, size + by));
      this.screen.fontSize = size;
      say(element('text-size'), String(size));
    };
    for (const [id, by] of /** @type {[string, number][]} */ ([['smaller', -1], ['larger', 1]])) {
      element(id).addEventListener('click', () => {
        change(by);
        kept.write('text-size', String(size));
      });
    }
    change(0);
  }
}
