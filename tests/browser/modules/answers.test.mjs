// What a terminal types by itself, told from what people type.
import assert from 'node:assert/strict';
import test from 'node:test';

import { isAnswer } from '../../../consolesvc/web/static/answers.js';

test('knows the answers of xterm.js', () => {
  const answers = [
    '\x1b[24;80R', '\x1b[?24;80R', '\x1b[?1;2c', '\x1b[?6c', '\x1b[>0;276;0c', '\x1b[0n', '\x1b[?997;1n',
    '\x1b[?2026;2$y', '\x1b[4;1$y', '\x1b[8;24;80t', '\x1b[4;600;800t', '\x1b[I', '\x1b[O',
    '\x1b]10;rgb:ffff/ffff/ffff\x1b\\', '\x1b]4;1;rgb:f0f0/7171/7878\x1b\\', '\x1b]11;rgb:0/0/0\x07',
    '\x1bP1$r0m\x1b\\', '\x1bP0$r\x1b\\', '\x1b[1;1R\x1b[?1;2c',
  ];
  for (const answer of answers) assert.equal(isAnswer(answer), true, JSON.stringify(answer));
});

test('knows keys from them', () => {
  const keys = [
    'a', '\r', '\x1b', '\x03', '', '\x1b[A', '\x1bOA', '\x1b[3~', '\x1b[15~', '\x1b[1;5C', '\x1bOP', '\x1bx', '\x1b[Z',
    '\x1b[200~\x1b[24;80R\x1b[201~', '\x1b[M !!', '\x1b[<0;10;10M', '[24;80R', 'x\x1b[24;80R',
  ];
  for (const key of keys) assert.equal(isAnswer(key), false, JSON.stringify(key));
});
