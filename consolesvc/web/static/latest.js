// What happened last to a machine, of what was recognised in its output. No DOM.
// @ts-check

/** What stands until the machine has done what ends it: what somebody has to know who looks hours later. */
const STANDING = new Map([
  ['panic', new Set(['boot', 'login'])],
  ['reset-loop', new Set(['login'])],
]);

/** @typedef {import('./service.js').Happened} Happened */

/**
 * The trouble that a machine is in by what it said; undefined for none.
 * @param {Happened[]} [events] The newest first.
 * @returns {Happened | undefined}
 */
export function standing(events = []) {
  const since = new Set();
  for (const event of events) {
    const ends = STANDING.get(event.event);
    if (ends !== undefined && ![...ends].some((end) => since.has(end))) return event;
    since.add(event.event);
  }
  return undefined;
}

/**
 * What to show: the trouble that stands, and what has happened since, at most one each.
 * @param {Happened[]} [events] The newest first.
 * @returns {Happened[]}
 */
export function latest(events = []) {
  const trouble = standing(events);
  return trouble === undefined || trouble === events[0] ? events.slice(0, 1) : [trouble, events[0]];
}

/**
 * An event in words, for a place where the console's name stands already.
 * @param {Happened} event @param {string} name
 */
export function words({ event, text }, name) {
  const said = text.startsWith(`${name} `) ? text.slice(name.length + 1) : text;
  // A prompt is all that the line of a login ever has.
  return event === 'login' ? said.replace(/:.*/s, '') : said;
}
