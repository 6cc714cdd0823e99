// What was shown is kept to be shown again.
import assert from 'node:assert/strict';
import test from 'node:test';

import { fromLineStart, LeftOut, Shown } from '../../../consolesvc/web/static/shown.js';

const bytes = (text) => new TextEncoder().encode(text);
const text = (entry) => ('note' in entry ? `(${entry.note})` : new TextDecoder().decode(entry.bytes));

test('keeps so many bytes, the newest', () => {
  const shown = new Shown(10);
  assert.equal(shown.begin, null);
  for (let n = 0; n < 6; n += 1) shown.add(n * 4, bytes('abcd'));
  assert.equal(shown.begin, 16);
  assert.equal(shown.size, 8);
});

test('keeps one piece however large', () => {
  const shown = new Shown(3);
  shown.add(0, bytes('abcdef'));
  assert.equal(shown.size, 6);
});

test('puts older output and notes in order', () => {
  const shown = new Shown(100);
  shown.add(10, bytes('new'));
  shown.note(13, 'gone');
  shown.prepend([{ offset: 4, bytes: bytes('older\n') }]);
  assert.equal(shown.entries.map(text).join('|'), 'older\n|new|(gone)');
  assert.equal(shown.begin, 4);
  assert.equal(shown.size, 9);
});

test('begins with a whole line', () => {
  assert.deepEqual(fromLineStart({ offset: 5, bytes: bytes('tail\nline\n') }, false), { offset: 10, bytes: bytes('line\n') });
  for (const [data, whole] of [['tail\nline', true], ['no end', false], ['only\n', false]]) {
    const block = { offset: 5, bytes: bytes(data) };
    assert.deepEqual(fromLineStart(block, whole), block);
  }
});

test('of what came too fast the end is kept, and the rest counted', () => {
  const left = new LeftOut();
  for (let n = 0; n < 100; n += 1) left.add(n * 10_000, new Uint8Array(10_000));
  const { missing, blocks } = left.take();
  assert.equal(missing, blocks[0].offset);
  assert.equal(missing + 10_000 * blocks.length, 1_000_000);
  assert.ok(10_000 * blocks.length >= LeftOut.KEPT && blocks.length === 7);
  assert.deepEqual(left.take(), { missing: 0, blocks: [] });
});
