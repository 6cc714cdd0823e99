// What a card says has happened.
import assert from 'node:assert/strict';
import test from 'node:test';

import { latest, standing, words } from '../../../consolesvc/web/static/latest.js';

/** Events by their names, the newest first. */
const events = (names) => names.split(' ').map((event) => ({ event, text: `node ${event}`, time: '' }));
const said = (names) => latest(events(names)).map(({ event }) => event).join(' ');

test('the last one, and nothing where there is none', () => {
  assert.deepEqual(latest(), []);
  assert.deepEqual(latest([]), []);
  assert.equal(said('login boot'), 'login');
  assert.equal(said('silence login boot'), 'silence');
});

test('a panic stands until the machine boots, a reset loop until it comes to a login', () => {
  assert.equal(said('panic boot'), 'panic');
  assert.equal(said('silence panic boot'), 'panic silence');
  assert.equal(said('boot panic'), 'boot');
  assert.equal(said('boot reset-loop boot'), 'reset-loop boot');
  assert.equal(said('login boot reset-loop boot'), 'login');
  assert.equal(standing(events('boot panic reset-loop')).event, 'reset-loop');
});

test('without the name, which the card says already, and a login without its prompt', () => {
  const said = (event, text) => words({ event, text, time: '' }, 'node3');
  assert.equal(said('panic', 'node3 panic: Kernel panic - not syncing: x'), 'panic: Kernel panic - not syncing: x');
  assert.equal(said('login', 'node3 asks for a login after 9 s: node3 login:'), 'asks for a login after 9 s');
  assert.equal(said('boot', 'node33 boots'), 'node33 boots');
});
