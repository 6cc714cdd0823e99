// Every close code has words, and says whether the page comes back.
import assert from 'node:assert/strict';
import test from 'node:test';

import { explain } from '../../../consolesvc/web/static/closes.js';

const AGAIN = [1000, 1001, 1006, 1007, 1009, 1011, 1012, 1013, 4008, 4999];
const FINAL = [1008, 4000, 4001, 4002, 4003];

test('comes back after what passes, and not after what was meant', () => {
  for (const code of AGAIN) assert.equal(explain(code, 'why', true).again, true, String(code));
  for (const code of FINAL) assert.equal(explain(code, 'why', true).again, false, String(code));
});

test('always has a title and a sentence', () => {
  for (const code of [...AGAIN, ...FINAL]) {
    for (const reason of ['', 'kicked by alice: lunch']) {
      const { title, text } = explain(code, reason, false);
      assert.match(title, /^[A-Z]/);
      assert.match(text.trim(), /^[A-Z].*[.]$/);
    }
  }
});

test('says who sent one away and why', () => {
  assert.match(explain(4000, 'kicked by alice: lunch', true).text, /^Kicked by alice: lunch\. Open the console again/);
});

test('tells an address that expired from one that never was, and from a page that was away too long', () => {
  assert.equal(explain(1008, 'token expired', false).title, 'This address has expired');
  assert.equal(explain(1008, 'token used', false).title, 'This address was used already');
  assert.match(explain(1008, 'token unknown', false).text, /^Its token is unknown\./);
  assert.equal(explain(1008, 'resume secret unknown', true).title, 'Away for too long');
  assert.equal(explain(1008, 'foreign Origin: it is neither', false).title, 'The service refused');
});

test('tells a server that changed from one that went', () => {
  assert.equal(explain(4002, 'server removed', true).title, 'The server is gone');
  assert.equal(explain(4002, 'server changed', true).title, 'The server was changed');
});
