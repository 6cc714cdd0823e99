// A pasted text becomes keys, fast or slow.
import assert from 'node:assert/strict';
import test from 'node:test';

import { clean, pieces, wantsLook } from '../../../consolesvc/web/static/paste.js';

test('lines end with the Enter key; hidden control characters are left out and counted', () => {
  assert.deepEqual(clean('a\r\nb\nc\rd\te'), { text: 'a\rb\rc\rd\te', dropped: 0 });
  assert.deepEqual(clean('ls\x1b[201~\x03 ü€🖥\x00'), { text: 'ls[201~ ü€🖥', dropped: 3 });
});

test('one short line is typed; a line that ends, a long text and a strange one are looked at', () => {
  assert.equal(wantsLook(clean('ls -l')), false);
  assert.equal(wantsLook(clean('ls -l\n')), true);
  assert.equal(wantsLook(clean('x'.repeat(1001))), true);
  assert.equal(wantsLook(clean('ls\x1b')), true);
});

test('all that goes in comes out, in order, whatever the pace', () => {
  const text = 'one\rtwo\r\r🖥 three'.repeat(300);
  for (const pace of ['', '1000c', '50c', '7c', '10l', '2l']) {
    assert.equal([...pieces(text, pace)].map((piece) => piece.text).join(''), text, pace);
  }
});

test('a pace is kept', () => {
  const ms = (text, pace) => [...pieces(text, pace)].reduce((sum, piece) => sum + piece.wait, 0);
  assert.equal(Math.round(ms('x'.repeat(400), '200c')), 2000);
  assert.equal(Math.round(ms('x'.repeat(100), '50c')), 2000);
  assert.equal(Math.round(ms('a\rb\rc\r', '2l')), 1500);
  assert.equal(ms('x'.repeat(100_000), ''), 0);
});

test('no piece ends inside a character', () => {
  for (const piece of pieces('🖥'.repeat(50), '50c')) assert.equal(piece.text, '🖥');
});
