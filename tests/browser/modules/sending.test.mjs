// A paste goes out piece by piece, and knows where it stopped.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Sending } from '../../../consolesvc/web/static/sending.js';

/** A paste, and what has been typed of it; `takes` says whether a piece is taken. */
function paste(text, pace, { bracketed = false, takes = () => true, unsent = () => 0 } = {}) {
  const typed = [];
  const type = (piece) => takes(piece) && typed.push(piece) > 0;
  return { typed, sending: new Sending(text, pace, { bracketed, type, unsent }) };
}

const BEGIN = '\x1b[200~';
const END = '\x1b[201~';

test('all of it is typed, and a machine that was told of a paste is told of its end', async () => {
  for (const pace of ['', '1000l', '10000c']) {
    const { typed, sending } = paste('one\rtwo\r', pace, { bracketed: true });
    await sending.run(() => {});
    assert.equal(sending.end(), true);
    assert.equal(sending.end(), true);
    assert.equal(typed.join(''), `${BEGIN}one\rtwo\r${END}`);
    assert.equal(sending.why, '');
  }
});

test('once stopped it types no more, says how far it came, and why by the first reason', async () => {
  const { typed, sending } = paste('one\rtwo\rthree', '1000l', { bracketed: true });
  await sending.run(() => typed.length === 2 && [sending.stop('first'), sending.stop('second')]);
  assert.equal(typed.join(''), `${BEGIN}one\rtwo\r`);
  assert.deepEqual([sending.why, sending.sent], ['first', '8 of 13 characters, 2 of 2 lines']);
  assert.equal(sending.end(), true);
  assert.equal(typed.at(-1), END);
});

test('a pause ends at once when it is stopped', { timeout: 2000 }, async () => {
  const { sending } = paste('one\rtwo\r', '0.01l');
  await sending.run(() => setTimeout(() => sending.stop('enough'), 10));
  assert.equal(sending.sent, '4 of 8 characters, 1 of 2 lines');
});

test('so does waiting for a browser that cannot send', { timeout: 2000 }, async () => {
  const { typed, sending } = paste('x'.repeat(10_000), '', { unsent: () => 1e6 });
  await sending.run(() => setTimeout(() => sending.stop('enough'), 50));
  assert.equal(typed.length, 1);
});

test('what is not taken stops it, and no end is owed for a paste that never began', async () => {
  const { typed, sending } = paste('one\r', '', { bracketed: true, takes: () => false });
  await sending.run(() => {});
  assert.deepEqual([sending.why, sending.sent], ['it could not be typed', '0 of 4 characters, 0 of 1 line']);
  assert.equal(sending.end(), true);
  assert.deepEqual(typed, []);
});

test('an end that could not be sent is owed', async () => {
  let taken = true;
  const { typed, sending } = paste('one\rtwo\r', '1000l', { bracketed: true, takes: () => taken });
  await sending.run(() => (taken = false));
  assert.equal(sending.end(), false);
  taken = true;
  assert.equal(sending.end(), true);
  assert.equal(typed.join(''), `${BEGIN}one\r${END}`);
});
