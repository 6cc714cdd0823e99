// What a terminal types by itself: answers to what the machine asks (cursor position, device attributes, …).
// @ts-check

const CSI = '\\x1b\\[';
const END = '(?:\\x07|\\x1b\\\\)';
const ANSWERS = new RegExp(
  '^(?:' +
    [
      `${CSI}\\??\\d+(?:;\\d+)*R`, // the cursor's place
      `${CSI}[?>=]?[\\d;]*c`, // device attributes
      `${CSI}\\??\\d+(?:;\\d+)*n`, // status reports, the colour scheme
      `${CSI}\\??\\d+;\\d+\\$y`, // a mode's setting
      `${CSI}\\d+(?:;\\d+)*t`, // the window's size, and size reports in band
      `${CSI}[IO]`, // the focus, at the moment it is asked for
      `\\x1b\\](?:4;\\d+|1\\d);[^\\x07\\x1b]*${END}`, // colours
      `\\x1bP[^\\x1b]*\\x1b\\\\`, // settings
    ].join('|') +
    ')+$',
);

/**
 * Whether what a terminal would send is an answer of its own. A key that looks like one (Shift-F3 is `ESC [ 1 ; 2 R`)
 * counts as one: asked only of what comes while history is being shown.
 * @param {string} text
 */
export function isAnswer(text) {
  return text.startsWith('\x1b') && ANSWERS.test(text);
}
