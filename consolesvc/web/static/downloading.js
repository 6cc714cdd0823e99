// The console's log as a file: all that the service has, from disk and memory.
// @ts-check

import { element, make, say } from './dom.js';
import { sentence } from './faults.js';
import { number, size } from './words.js';

export class Downloading {
  /** @param {import('./output.js').Output} output */
  constructor(output) {
    this.output = output;
    this.stop = new AbortController();
    this.dialog = /** @type {HTMLDialogElement} */ (element('download'));
    this.start = /** @type {HTMLButtonElement} */ (element('download-start'));
    this.progress = /** @type {HTMLProgressElement} */ (element('download-progress'));
    element('download-button').addEventListener('click', () => void this.#open());
    element('download-cancel').addEventListener('click', () => this.dialog.close());
    this.start.addEventListener('click', () => void this.#load());
    this.dialog.addEventListener('close', () => this.stop.abort());
  }

  async #open() {
    this.stop = new AbortController();
    this.progress.hidden = true;
    this.start.disabled = true;
    this.start.hidden = false;
    say(element('download-cancel'), 'Cancel');
    say(element('download-text'), 'Asking how much there is…');
    this.dialog.showModal();
    await this.#try(async () => {
      const { start, end } = await this.output.range(this.stop.signal);
      this.start.disabled = start === end;
      say(element('download-text'), start === end ? 'There is nothing yet.' : `${size(end - start)} of output, every byte as the machine sent it.`);
      this.start.focus();
    });
  }

  async #load() {
    this.start.disabled = true;
    this.progress.hidden = false;
    this.progress.value = 0;
    await this.#try(async () => {
      /** @type {Uint8Array<ArrayBuffer>[]} */
      const parts = [];
      let gaps = 0;
      for await (const { bytes, gap, done, size: all } of this.output.all(this.stop.signal)) {
        parts.push(bytes);
        gaps += gap === '' ? 0 : 1;
        this.progress.value = done / all;
        say(element('download-text'), `${size(done)} of ${size(all)}`);
      }
      save(new Blob(parts, { type: 'application/octet-stream' }), `${this.output.session.name || 'console'}.log`);
      const holes = gaps > 0 ? ` In ${number(gaps, 'place')} bytes are missing: the service has them no more.` : '';
      say(element('download-text'), `Done.${holes}`);
      this.start.hidden = true;
      say(element('download-cancel'), 'Close');
    });
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    try {
      await work();
    } catch (error) {
      if (this.stop.signal.aborted) return;
      say(element('download-text'), `It cannot be had: ${sentence(error)}`);
      this.progress.hidden = true;
    }
  }
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
