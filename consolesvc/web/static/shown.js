// What the terminal has been shown, in order: kept to be shown again with older output in front of it. No DOM.
// @ts-check

/**
 * @typedef {{offset: number, bytes: Uint8Array}} Block Output bytes from an offset on.
 * @typedef {{offset: number, note: string}} Note A sentence of ours between two bytes, such as what is missing there.
 * @typedef {Block | Note} Entry
 */

/** @param {Entry} entry @returns {entry is Note} */
export const isNote = (entry) => 'note' in entry;

export class Shown {
  /** @param {number} most Bytes kept; of more, the oldest go. */
  constructor(most) {
    this.most = most;
    this.size = 0;
    /** @type {Entry[]} */
    this.entries = [];
  }

  /** The offset of the oldest byte kept; null where there is nothing. */
  get begin() {
    return this.entries.length > 0 ? this.entries[0].offset : null;
  }

  /** @param {number} offset @param {Uint8Array} bytes */
  add(offset, bytes) {
    this.entries.push({ offset, bytes });
    this.size += bytes.length;
    while (this.size > this.most && this.entries.length > 1) this.#dropOldest();
  }

  /** @param {number} offset @param {string} note */
  note(offset, note) {
    this.entries.push({ offset, note });
  }

  /**
   * Puts older output in front.
   * @param {Entry[]} older
   */
  prepend(older) {
    this.entries.unshift(...older);
    for (const entry of older) if (!isNote(entry)) this.size += entry.bytes.length;
  }

  /** Forgets all: the numbering is another one from now on. */
  clear() {
    this.entries = [];
    this.size = 0;
  }

  #dropOldest() {
    const entry = this.entries.shift();
    if (entry && !isNote(entry)) this.size -= entry.bytes.length;
  }
}

/** Output that came too fast to be shown: counted, and of it the end, which is what is on the machine's screen now. */
export class LeftOut {
  static KEPT = 64 * 1024;

  constructor() {
    this.size = 0;
    /** @type {Block[]} */
    this.blocks = [];
    this.kept = 0;
  }

  /** @param {number} offset @param {Uint8Array} bytes */
  add(offset, bytes) {
    this.size += bytes.length;
    this.kept += bytes.length;
    this.blocks.push({ offset, bytes });
    while (this.blocks.length > 1 && this.kept - this.blocks[0].bytes.length >= LeftOut.KEPT) {
      this.kept -= this.blocks.shift()?.bytes.length ?? 0;
    }
  }

  /** What there is, which is forgotten: how many bytes are missing, and the blocks that follow them. */
  take() {
    const taken = { missing: this.size - this.kept, blocks: this.blocks };
    this.size = this.kept = 0;
    this.blocks = [];
    return taken;
  }
}

/**
 * Output from the start of its first whole line on; all of it where it has none, or begins one.
 * @param {Block} block
 * @param {boolean} whole Whether its first byte is the first there is.
 * @returns {Block}
 */
export function fromLineStart(block, whole) {
  const at = block.bytes.indexOf(10);
  if (whole || at < 0 || at + 1 === block.bytes.length) return block;
  return { offset: block.offset + at + 1, bytes: block.bytes.subarray(at + 1) };
}
