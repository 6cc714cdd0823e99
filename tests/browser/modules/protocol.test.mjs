// consolesvc.v1 as the page understands it.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Session } from '../../../consolesvc/web/static/protocol.js';

const HELLO = {
  type: 'hello',
  stream: 'a',
  offset: 100,
  start: 10,
  replay: [100, 104],
  line: { state: 'connected', why: '' },
  may_type: true,
  resume: 'secret-1',
};

const heard = (session, message) => session.heard(JSON.stringify(message));
const bytes = (text) => new TextEncoder().encode(text);

test('connects with its token, then by the secret of the last hello to the very byte', () => {
  const session = new Session({ token: 't' }, { replay: 'all' });
  assert.equal(session.address('ws://h:1/'), 'ws://h:1/?token=t&replay=all');
  heard(session, HELLO);
  session.took(bytes('0123456'));
  assert.equal(session.address('ws://h:1/'), 'ws://h:1/?resume=secret-1&since=107&stream=a');
  heard(session, { ...HELLO, offset: 107, replay: [107, 107], resume: 'secret-2' });
  assert.equal(session.address('ws://h:1/x'), 'ws://h:1/x?resume=secret-2&since=107&stream=a');
  assert.equal(session.token, '');
});

test('keeps the way in that it has where a hello brings none', () => {
  const session = new Session({ token: 't' });
  heard(session, { ...HELLO, resume: '' });
  assert.equal(session.address('ws://h:1/'), 'ws://h:1/?token=t&since=100&stream=a');
  heard(session, HELLO);
  heard(session, { ...HELLO, resume: '' });
  assert.equal(session.address('ws://h:1/'), 'ws://h:1/?resume=secret-1&since=100&stream=a');
});

test('a page that was loaded again has only its secret, and starts with the replay', () => {
  assert.equal(new Session({ resume: 's' }).address('ws://h:1/'), 'ws://h:1/?resume=s');
});

test('parts history from what is said now, where they meet in one message', () => {
  const session = new Session({ token: 't' });
  heard(session, HELLO);
  const pieces = session.took(bytes('oldNEW'));
  assert.deepEqual(
    pieces.map(({ offset, bytes: data, history }) => [offset, new TextDecoder().decode(data), history]),
    [[100, 'oldN', true], [104, 'EW', false]],
  );
  assert.deepEqual(session.took(bytes('more')).map(({ history }) => history), [false]);
  assert.equal(session.offset, 110);
});

test('a gap moves the offset', () => {
  const session = new Session({ token: 't' });
  heard(session, HELLO);
  assert.deepEqual(heard(session, { type: 'gap', from: 100, to: 300 }), { kind: 'gap', from: 100, to: 300 });
  assert.equal(session.offset, 300);
});

test('tells a first hello, another, and one of another numbering apart', () => {
  const session = new Session({ token: 't' });
  assert.deepEqual(heard(session, HELLO), { kind: 'hello', again: false, renumbered: false });
  assert.deepEqual(heard(session, HELLO), { kind: 'hello', again: true, renumbered: false });
  assert.deepEqual(heard(session, { ...HELLO, stream: 'b' }), { kind: 'hello', again: true, renumbered: true });
});

test('knows nothing of people where the service does not tell, and types all the same', () => {
  const session = new Session({ token: 't' });
  heard(session, HELLO);
  assert.equal(session.viewers, null);
  assert.equal(session.input, null);
  assert.equal(session.typesNow, true);
  assert.deepEqual(heard(session, { type: 'input', refused: 7, text: 'no line' }), { kind: 'input', text: 'no line', refused: true });
  assert.equal(session.input, null);
});

test('knows by a count that grows that what was typed has been refused', () => {
  const session = new Session({ token: 't' });
  heard(session, { ...HELLO, input: { mode: 'lease', holder: null, requests: [], refused: 3 } });
  const input = { type: 'input', mode: 'lease', holder: null, may_type: true, requests: [] };
  for (const [refused, more] of [[3, false], [5, true], [5, false]]) {
    assert.equal(heard(session, { ...input, refused, text: '' }).refused, more);
  }
});

test('follows who is here, and who may type', () => {
  const session = new Session({ token: 't' });
  heard(session, { ...HELLO, session: 's1', name: 'node3', viewers: [], input: { mode: 'lease', holder: null, requests: [] } });
  assert.equal(session.name, 'node3');
  assert.equal(session.typesNow, true);
  const viewers = [{ session: 's2', who: '10.0.0.3:5', user: 'alice', may_type: true, holds: true, since: '' }];
  assert.deepEqual(heard(session, { type: 'viewers', viewers }), { kind: 'viewers' });
  assert.deepEqual(session.viewers, viewers);
  heard(session, { type: 'input', mode: 'lease', holder: 's2', may_type: false, requests: [], refused: 0, text: '' });
  assert.equal(session.typesNow, false);
  heard(session, { type: 'input', mode: 'lease', holder: 's1', may_type: true, requests: [], refused: 0, text: '' });
  assert.equal(session.typesNow, true);
});

test('who looks on never types', () => {
  const session = new Session({ token: 't' });
  heard(session, { ...HELLO, may_type: false, input: { mode: 'shared', holder: null } });
  assert.equal(session.typesNow, false);
});

test('passes over what it does not know', () => {
  assert.equal(heard(new Session({}), { type: 'later', x: 1 }), null);
});

test('takes events and the line', () => {
  const session = new Session({ token: 't' });
  heard(session, HELLO);
  const line = { type: 'line', state: 'waiting', why: 'device unplugged', offset: 1, text: 'lost' };
  assert.deepEqual(heard(session, line), { kind: 'line', text: 'lost' });
  assert.deepEqual(session.line, { state: 'waiting', why: 'device unplugged' });
  assert.deepEqual(heard(session, { type: 'event', event: 'panic', offset: 5, text: 'p' }), {
    kind: 'event',
    event: 'panic',
    offset: 5,
    text: 'p',
  });
});
