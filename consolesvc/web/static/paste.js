// What a pasted text comes to: cleaned, and cut into pieces with time between them. No DOM.
// @ts-check

/** Characters that are pasted without a look at them first. */
const LONG = 1000;
/** Characters of a piece without a pace. */
const PIECE = 4096;
/** Seconds between two pieces of a pace in characters, about. */
const TICK = 0.02;
// All but TAB and CR: a web page can hide them in what it has somebody copy, and a terminal would act on them.
const CONTROLS = /[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f-\x9f]/g;

/**
 * A text as a keyboard would type it: lines end with CR, no control characters.
 * @param {string} text
 * @returns {{text: string, dropped: number}} `dropped`: how many control characters there were.
 */
export function clean(text) {
  const lines = text.replace(/\r?\n/g, '\r');
  const cleaned = lines.replace(CONTROLS, '');
  return { text: cleaned, dropped: lines.length - cleaned.length };
}

/**
 * Whether somebody should see a text before it is typed: a line that ends is a command that runs.
 * @param {{text: string, dropped: number}} paste
 */
export function wantsLook({ text, dropped }) {
  return text.includes('\r') || text.length > LONG || dropped > 0;
}

/**
 * A text in pieces, each with the milliseconds to wait after it.
 * @param {string} text
 * @param {string} pace '' for none; `200c`: characters, `10l`: lines a second.
 * @returns {Generator<{text: string, wait: number}>}
 */
export function* pieces(text, pace) {
  const rate = Number.parseFloat(pace);
  if (pace.endsWith('l')) {
    for (const line of text.match(/[^\r]*\r|[^\r]+$/g) ?? []) yield { text: line, wait: 1000 / rate };
    return;
  }
  const characters = Array.from(text); // not to part what is one character in two units
  const most = pace === '' ? PIECE : Math.max(1, Math.floor(rate * TICK));
  for (let at = 0; at < characters.length; at += most) {
    const piece = characters.slice(at, at + most);
    yield { text: piece.join(''), wait: pace === '' ? 0 : (piece.length / rate) * 1000 };
  }
}
