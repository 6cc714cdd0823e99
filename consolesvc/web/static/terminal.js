// The terminal's page, put together.
// @ts-check

import './nonce.js';
import { Breaking } from './breaking.js';
import { Connection } from './connection.js';
import { element } from './dom.js';
import { Downloading } from './downloading.js';
import { Events } from './events.js';
import { Keyboard } from './keyboard.js';
import { Older } from './older.js';
import { missing, Output } from './output.js';
import { Pasting } from './pasting.js';
import { People } from './people.js';
import { Session } from './protocol.js';
import { openLink, Screen } from './screen.js';
import { Searching } from './searching.js';
import * as secret from './secret.js';
import { Settings } from './settings.js';
import { LeftOut, Shown } from './shown.js';
import { Status } from './status.js';
import { size } from './words.js';

/** Bytes that are kept to be shown again. */
const KEPT = 8 * 1024 * 1024;
/** Bytes that may wait to be shown; what comes while there are more is left out, and said. */
const BEHIND = 4 * 1024 * 1024;
/** Milliseconds after which a machine that says nothing is worth a hint. */
const SILENCE = 2_500;

/** What was left out since the terminal fell behind. */
const leftOut = new LeftOut();
const found = secret.found();
const session = new Session(found ?? {}, secret.wish());
const base = location.origin.replace(/^http/, 'ws') + location.pathname;
const output = new Output(new URL('output', import.meta.url).href, session);
const shown = new Shown(KEPT);
const status = new Status(session);

const screen = new Screen(element('terminal'), {
  typed: (bytes, answer) => (answer ? connection.type(bytes) : typed(keyboard.withCtrl(bytes))),
  link: askAboutLink,
});
const events = new Events(screen);
const tell = (/** @type {string} */ text) => events.toast(text);
const connection = new Connection(base, session, {
  state: changed,
  pieces: show,
  happened,
  lives: () => output.lives(),
});
const people = new People(session, (message) => connection.say(message));
const older = new Older(screen, shown, output, tell);
const searching = new Searching(screen, older);
const keyboard = new Keyboard(screen, searching, typed, tell);
const breaking = new Breaking((message) => connection.say(message), typed, tell, () => people.refusal);
const pasting = new Pasting(screen, connection, refusal, (text, stopped = false) => {
  tell(text);
  if (stopped) events.add('refused', text, { quiet: true });
});
new Downloading(output);
new Settings(screen, typed);

/** Why what is typed now reaches no machine; '' where it does. */
function refusal() {
  if (connection.state !== 'open') return 'There is no connection.';
  if (session.line.state !== 'connected') return `The line is not open: ${session.line.why}.`;
  return people.refusal;
}

/** Types, or says why not. @param {Uint8Array<ArrayBuffer>} bytes */
function typed(bytes) {
  if (people.refusal) {
    tell(people.refusal);
    return false;
  }
  if (connection.type(bytes)) return true;
  tell('There is no connection: what you type goes nowhere.');
  return false;
}

/** @param {import('./connection.js').State} state @param {import('./closes.js').Ending | null} ending */
function changed(state, ending) {
  status.connection(state, ending);
  if (state !== 'open') pasting.stop('the connection was lost');
  if (state === 'ended') {
    secret.forget();
    events.add('lost', `${ending?.title}. ${ending?.text}`, { quiet: true });
  }
}

/** @param {import('./protocol.js').Piece[]} pieces */
function show(pieces) {
  for (const { offset, bytes, history } of pieces) {
    if (leftOut.size > 0 || screen.pending > BEHIND) leftOut.add(offset, bytes);
    else write(offset, bytes, history);
  }
  if (document.hidden && pieces.some((piece) => !piece.history)) document.title = `● ${title()}`;
}

/** @param {number} offset @param {Uint8Array} bytes @param {boolean} history */
function write(offset, bytes, history) {
  shown.add(offset, bytes);
  older.after(() => screen.write(bytes, history, caughtUp));
}

/** Shows the end of what was left out, where the terminal has shown all before. */
function caughtUp() {
  if (leftOut.size === 0 || screen.pending > 0) return;
  const { missing: bytes, blocks } = leftOut.take();
  if (bytes > 0) note(`${size(bytes)} came faster than they could be shown; the log has them`, blocks[0].offset);
  for (const block of blocks) write(block.offset, block.bytes, true);
}

/** @param {import('./protocol.js').Happening} happening */
function happened(happening) {
  switch (happening.kind) {
    case 'hello':
      greeted(happening.again, happening.renumbered);
      break;
    case 'gap':
      note(missing(`${happening.from}-${happening.to}`));
      events.add('gap', `Bytes ${happening.from} to ${happening.to} are missing: the service has them no more.`);
      break;
    case 'line':
      status.refresh();
      pasting.stop(happening.text);
      pasting.forget();
      events.add(session.line.state === 'connected' ? 'back' : 'lost', happening.text, { place: true });
      break;
    case 'viewers':
      people.refresh();
      break;
    case 'input':
      if (happening.text) events.add('input', happening.text);
      people.told(happening.text);
      if (people.refusal || happening.refused) pasting.stop(happening.text || 'the service refuses what is typed');
      pasting.settle();
      break;
    case 'event':
      if (happening.event === 'break') breaking.told(true);
      if (happening.text.startsWith('no break sent')) breaking.told(false);
      events.add(happening.event, happening.text, { place: happening.event !== 'attach' });
  }
}

/** @param {boolean} again @param {boolean} renumbered */
function greeted(again, renumbered) {
  if (session.resume) secret.keep(session.resume);
  pasting.stop('this is another connection');
  if (renumbered) {
    pasting.forget();
    shown.clear();
    note('the service counts this output anew: what came in between is unknown');
  }
  if (again) events.add('back', 'Connected again, at the byte where it was.', { quiet: true });
  else window.setTimeout(hint, SILENCE);
  document.title = title();
  status.refresh();
  people.refresh();
  pasting.settle();
}

function hint() {
  const silent = shown.size === 0 && session.line.state === 'connected' && people.refusal === '';
  if (silent) tell('The machine has said nothing yet. Enter often wakes a login prompt.');
}

/** @param {string} text @param {number} [offset] Where it stands. */
function note(text, offset = session.offset) {
  shown.note(offset, text);
  older.after(() => screen.note(text));
}

const title = () => (session.name ? `${session.name} – console` : 'Console');

/** @param {string} url */
function askAboutLink(url) {
  element('link-url').textContent = url;
  /** @type {HTMLDialogElement} */ (element('link')).showModal();
}

element('link-open').addEventListener('click', () => {
  /** @type {HTMLDialogElement} */ (element('link')).close();
  openLink(element('link-url').textContent ?? '');
});
element('trouble-now').addEventListener('click', () => {
  connection.now();
  screen.term.focus(); // the button goes with the trouble
});
// Whoever has pressed one of these goes on typing.
for (const id of ['typing', 'asked', 'pasting']) element(id).addEventListener('click', () => screen.term.focus());
for (const dialog of document.querySelectorAll('dialog')) dialog.addEventListener('close', () => screen.term.focus());
element('panel-button').addEventListener('click', () => {
  const panel = element('panel');
  panel.hidden = !panel.hidden;
  element('panel-button').setAttribute('aria-expanded', String(!panel.hidden));
  screen.fit();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) document.title = title();
});

// For tests, and for whoever wants to look.
Object.assign(window, { term: screen.term, session, connection, older });
screen.term.focus();
if (found === null) status.nothing();
else connection.open();
