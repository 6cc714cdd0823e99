// Sizes, durations and numbers as people say them.
// @ts-check

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function number(count, one, many) {
  return `${count} ${count === 1 ? one : (many ?? `${one}s`)}`;
}

/**
 * How a line does, in a few words.
 * @param {{state: string, why: string}} line As the service tells of it.
 */
export function lineWords(line) {
  /** @type {Record<string, string>} */
  const words = { connected: 'connected', opening: 'opening', waiting: 'no line', lent: 'lent out', closed: 'closed' };
  return words[line.state] ?? line.state;
}

/** @param {Date} [time] */
export function clock(time = new Date()) {
  return time.toTimeString().slice(0, 8);
}
