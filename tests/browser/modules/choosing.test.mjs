// Filter and order of the list, and its words.
import assert from 'node:assert/strict';
import test from 'node:test';

import { matches, ordered } from '../../../consolesvc/web/static/choosing.js';
import { duration, number, size } from '../../../consolesvc/web/static/words.js';

const one = (name, state = 'connected', why = '', silent = 0) => ({
  id: `id-${name}`,
  name,
  silent,
  line: { type: 'serial', target: '/dev/ttyUSB0', state, why },
});

test('each word is somewhere, in any case', () => {
  const console = one('Node3', 'waiting', 'device unplugged');
  for (const filter of ['', 'node', 'NODE3 unplugged', 'usb0', 'no line', 'waiting', '  node  ', 'id-node']) {
    assert.equal(matches(console, filter), true, filter);
  }
  for (const filter of ['node4', 'node3 connected', 'x']) assert.equal(matches(console, filter), false, filter);
});

test('orders by name as people count, by trouble, by the latest output', () => {
  const all = [one('n10', 'connected', '', 5), one('n9', 'waiting', '', null), one('n2', 'lent', '', 1)];
  const names = (order) => ordered(all, order).map(({ name }) => name).join(' ');
  assert.equal(names(''), 'n10 n9 n2');
  assert.equal(names('name'), 'n2 n9 n10');
  assert.equal(names('trouble'), 'n9 n2 n10');
  assert.equal(names('latest'), 'n2 n10 n9');
  assert.equal(names('no such order'), 'n10 n9 n2');
});

test('a machine that has panicked is found by that, and comes before all', () => {
  const panicked = { ...one('n3'), events: [{ event: 'panic', text: 'n3 panic: Kernel panic', time: '' }] };
  assert.equal(matches(panicked, 'kernel'), true);
  assert.equal(ordered([one('n1', 'waiting'), panicked], 'trouble')[0], panicked);
});

test('sizes, durations and numbers', () => {
  assert.deepEqual([0, 1023, 1024, 10240, 5 * 1024 ** 3].map(size), ['0 B', '1023 B', '1.0 KiB', '10 KiB', '5.0 GiB']);
  assert.deepEqual([0, 89, 90, 5400, 200_000].map(duration), ['0 s', '89 s', '2 min', '2 h', '2 days']);
  assert.deepEqual([number(1, 'console'), number(2, 'console')], ['1 console', '2 consoles']);
});
