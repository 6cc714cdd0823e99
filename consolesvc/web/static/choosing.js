// Which consoles are shown, and in which order. No DOM.
// @ts-check

import { latest, standing } from './latest.js';
import { lineWords } from './words.js';

/** @typedef {import('./service.js').Console} Console */

/**
 * Whether a console is one of those looked for: each word is somewhere in what names it or says how it does.
 * @param {Console} console
 * @param {string} filter
 */
export function matches(console, filter) {
  const { name, id, line } = console;
  const happened = latest(console.events).map(({ text }) => text);
  const words = [name, id, line.type, line.target, line.state, lineWords(line), line.why, ...happened];
  const text = words.join('\n').toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @type {Record<string, (a: Console, b: Console) => number>} */
const ORDERS = {
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  trouble: (a, b) => trouble(b) - trouble(a),
  latest: (a, b) => (a.silent ?? Infinity) - (b.silent ?? Infinity) || 0,
};

/**
 * Consoles in an order; what it does not tell apart stays as it was.
 * @param {Console[]} consoles
 * @param {string} order '' for the configuration's.
 */
export function ordered(consoles, order) {
  return order in ORDERS ? [...consoles].sort(ORDERS[order]) : consoles;
}

/** @param {Console} console */
function trouble({ line, events }) {
  return standing(events) ? 4 : ({ waiting: 3, closed: 2, lent: 1, opening: 1 }[line.state] ?? 0);
}
