// The terminal itself: xterm.js, fed with output, silent about history, in the size of the window.
// @ts-check

import { FitAddon } from './addon-fit.mjs';
import { SearchAddon } from './addon-search.mjs';
import { WebLinksAddon } from './addon-web-links.mjs';
import { isAnswer } from './answers.js';
import { boundCounts } from './counts.js';
import { PALETTES } from './palettes.js';
import { isNote } from './shown.js';
import { Terminal } from './xterm.mjs';

const LINES_KEPT = 20_000;
const FONTS = 'ui-monospace, "DejaVu Sans Mono", "Cascadia Mono", "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';
/** Empties the terminal and holds the painting back until all is written anew (RIS, DEC mode 2026). */
const ANEW = '\x1bc\x1b[?2026h';
const PAINT = '\x1b[?2026l';
const ENCODER = new TextEncoder();

/** @typedef {{typed: (bytes: Uint8Array<ArrayBuffer>, answer: boolean) => void, link: (url: string) => void}} Handlers */

export class Screen {
  /** @param {HTMLElement} parent @param {Handlers} handlers */
  constructor(parent, handlers) {
    this.parent = parent;
    /** Bytes that wait to be shown. */
    this.pending = 0;
    this.history = 0;
    this.fitting = true;
    this.term = new Terminal({
      allowProposedApi: true,
      cursorBlink: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
      fontFamily: FONTS,
      fontSize: 14,
      linkHandler: { activate: (_event, url) => handlers.link(url) },
      logLevel: 'off', // a line that is noise would fill the browser's console
      minimumContrastRatio: 4.5,
      scrollback: LINES_KEPT,
      theme: PALETTES[document.documentElement.dataset.theme ?? 'dark'],
    });
    boundCounts(this.term);
    this.fitter = new FitAddon();
    this.search = new SearchAddon();
    this.term.loadAddon(this.fitter);
    this.term.loadAddon(this.search);
    // A link in plain text is what it looks like; one that hides its address (OSC 8) goes to the handler above.
    this.term.loadAddon(new WebLinksAddon((_event, url) => openLink(url)));
    this.term.open(parent);
    this.term.onData((text) => {
      const answer = isAnswer(text);
      if (!(answer && this.history > 0)) handlers.typed(ENCODER.encode(text), answer);
    });
    this.term.onBinary((text) => handlers.typed(Uint8Array.from(text, (c) => c.charCodeAt(0)), false));
    document.addEventListener('theme-applied', (event) => {
      this.term.options.theme = PALETTES[/** @type {CustomEvent} */ (event).detail];
    });
    new ResizeObserver(() => this.fit()).observe(parent);
    this.fit();
  }

  /**
   * Shows output.
   * @param {Uint8Array} bytes
   * @param {boolean} history Whether it was said before: what the terminal answers to it is dropped.
   * @param {() => void} [shown] Called once it is on the screen.
   */
  write(bytes, history, shown) {
    this.pending += bytes.length;
    if (history) this.term.write('', () => (this.history += 1));
    this.term.write(bytes, () => {
      this.pending -= bytes.length;
      if (history) this.history -= 1;
      shown?.();
    });
  }

  /** Shows a sentence of ours in the place of what is missing. @param {string} text */
  note(text) {
    this.term.write(`\r\n\x1b[0;7m consolesvc: ${text} \x1b[0m\r\n`);
  }

  /**
   * Writes all anew, with what came in front, and stays at the line that was at the top.
   * @param {import('./shown.js').Entry[]} entries
   */
  async redraw(entries) {
    await this.drained();
    const { length, viewportY, baseY } = this.term.buffer.active;
    const below = length - viewportY;
    const atEnd = viewportY === baseY && baseY > 0;
    this.term.write(ANEW);
    for (const entry of entries) {
      if (isNote(entry)) this.note(entry.note);
      else this.write(entry.bytes, true);
    }
    await this.drained();
    if (!atEnd) this.term.scrollToLine(Math.max(0, this.term.buffer.active.length - below));
    this.term.write(PAINT);
  }

  /** Resolves once all that was written is on the screen. @returns {Promise<void>} */
  drained() {
    return new Promise((resolve) => this.term.write('', resolve));
  }

  /** Fits the terminal into its place, or gives it 80 columns and 24 rows. */
  fit() {
    if (this.fitting) this.fitter.fit();
    else this.term.resize(80, 24);
  }

  /** @param {number} size In pixels. */
  set fontSize(size) {
    this.term.options.fontSize = size;
    this.fit();
  }
}

/** Opens a link of the machine's in a tab that knows nothing of this one. @param {string} url */
export function openLink(url) {
  if (/^https?:\/\//i.test(url)) window.open(url, '_blank', 'noopener,noreferrer');
}
