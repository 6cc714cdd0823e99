// Counts that a machine gives a terminal, held within reason: xterm.js does some things as often as it is told to, and
// CSI 999999999 b, eleven bytes of noise, would stop the page for minutes.
// @ts-check

/** More than any screen has rows or columns. */
const MOST = 1000;

/** What is done once for each of its count: insert, delete and scroll lines, tabs, and the last character again. */
const COUNTED = ['L', 'M', 'S', 'T', 'I', 'Z', 'b'];

/**
 * Leaves out what would be done more often than there is room for.
 * @param {import('./xterm.mjs').Terminal} term
 */
export function boundCounts(term) {
  for (const final of COUNTED) {
    // A handler that returns true has dealt with it: the terminal's own is not asked.
    term.parser.registerCsiHandler({ final }, ([count]) => Number(count) > MOST);
  }
}
