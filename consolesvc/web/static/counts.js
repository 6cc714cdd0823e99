// Counts that a machine gives a terminal, held within reason: xterm.js does some things as often as it is told to, and
// CSI 999999999 S, twelve bytes of noise, would stop the page for hours.
// @ts-check

/** More than any screen has rows or columns. */
const MOST = 1000;
/** What all counts come to, at most, between two paintings: some 50 ms of work, and far more than programs ask for. */
const EACH_TURN = 20_000;

/** What is done once for each of its count: insert, delete and scroll lines, tabs, and the last character again. */
const COUNTED = ['L', 'M', 'S', 'T', 'I', 'Z', 'b'];

/**
 * Leaves out what would be done more often than there is room or time for.
 * @param {import('./xterm.mjs').Terminal} term
 */
export function boundCounts(term) {
  let left = EACH_TURN;
  term.onWriteParsed(() => (left = EACH_TURN));
  for (const final of COUNTED) {
    // A handler that returns true has dealt with it: the terminal's own is not asked.
    term.parser.registerCsiHandler({ final }, ([count]) => {
      const times = Number(count) || 1;
      if (times > MOST) return true;
      left -= times;
      return left < 0 && times > 1;
    });
  }
}
