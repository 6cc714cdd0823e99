// The list of consoles, put together: asked for gently, shown as it is answered.
// @ts-check

import { askToKick, Card, countWords } from './card.js';
import { matches, ordered } from './choosing.js';
import { element, make, say } from './dom.js';
import { Refused, sentence } from './faults.js';
import * as kept from './kept.js';
import { Service } from './service.js';
import { Sharing } from './sharing.js';
import { SignIn } from './signin.js';
import { lineWords } from './words.js';

/** Milliseconds between an answer and the next question; longer where answering takes long. */
const PAUSE = 2_500;
const LONGEST_PAUSE = 30_000;
/** Bytes of each console's last lines. */
const TAIL = 2048;
/** Seconds for which a reader may look on by a page that is opened for them. */
const LOOK = 3600;

/** @typedef {import('./service.js').Console} Console */

const service = new Service(new URL('../../', import.meta.url).href);
const signIn = new SignIn(service, () => void look());
const sharing = new Sharing(service);
const filter = /** @type {HTMLInputElement} */ (element('filter'));
const order = /** @type {HTMLSelectElement} */ (element('order'));
const theme = /** @type {HTMLSelectElement} */ (element('theme'));
/** @type {Map<string, Card>} */
const cards = new Map();
/** @type {import('./service.js').List | null} */
let answer = null;
let pause = PAUSE;
/** @type {number | undefined} */
let timer = undefined;
let looking = false;

/** Asks the service once, shows what it says, and sees to it that it is asked again. */
async function look() {
  if (signIn.kind !== 'none' && !service.token) {
    leave('');
    return;
  }
  if (looking) return;
  looking = true;
  window.clearTimeout(timer);
  const { token } = service;
  const began = performance.now();
  const { list, error } = await service.list(TAIL).then(
    (found) => ({ list: found, error: null }),
    (reason) => ({ list: null, error: reason }),
  );
  looking = false;
  if (token !== service.token) {
    // Somebody has signed in or out meanwhile: this is not theirs to see.
    void look();
    return;
  }
  if (list) show(list);
  else failed(error);
  pause = list ? Math.max(PAUSE, 5 * (performance.now() - began)) : Math.min(pause * 1.6, LONGEST_PAUSE);
  if (element('sign-in').hidden && !document.hidden) timer = window.setTimeout(() => void look(), pause);
}

/** @param {import('./service.js').List} found */
function show(found) {
  const before = answer;
  answer = found;
  signIn.close();
  element('trouble').hidden = true;
  element('controls').hidden = false;
  const configuration = element('configuration');
  configuration.hidden = !found.configuration_error;
  say(configuration, `The configuration was not taken over, the one before still counts: ${found.configuration_error}`);
  if (before !== null) tellChanges(before.consoles, found.consoles);
  render();
}

/** @param {unknown} error */
function failed(error) {
  if (error instanceof Refused && error.status === 401) {
    service.signIn('');
    leave('That token is not good, or its time is over.');
    return;
  }
  const words = error instanceof Refused ? error.message : 'The service does not answer. This page keeps asking.';
  const trouble = element('trouble');
  say(trouble, words);
  trouble.hidden = false;
}

/** Shows nothing any more, and asks who is there. @param {string} note */
function leave(note) {
  answer = null;
  element('controls').hidden = element('trouble').hidden = element('configuration').hidden = true;
  render();
  signIn.ask(note);
}

/** Shows those that are looked for. */
function render() {
  const all = answer?.consoles ?? [];
  const found = ordered(all, order.value).filter((console) => matches(console, filter.value));
  const rights = {
    mayType: answer?.caller.may_type ?? false,
    showProject: new Set(all.map((console) => console.project_id)).size > 1,
  };
  for (const [id, card] of cards) {
    if (all.some((console) => console.id === id)) continue;
    card.element.remove();
    cards.delete(id);
  }
  for (const console of all) cardOf(console).update(console, rights);
  place(found.map((console) => cardOf(console).element));
  const down = found.filter((console) => console.line.state !== 'connected').length;
  say(element('count'), answer === null ? '' : countWords(all.length, found.length, down));
  const nothing = element('nothing');
  nothing.hidden = answer === null || found.length > 0;
  say(nothing, all.length === 0 ? 'There is no console that you may see.' : 'None of them fits the filter.');
}

/** @param {Console} console */
function cardOf(console) {
  const known = cards.get(console.id);
  if (known) return known;
  const made = new Card(console, deeds);
  cards.set(console.id, made);
  return made;
}

/** Has exactly these in the list, in this order, and moves none that is where it belongs. @param {HTMLElement[]} wanted */
function place(wanted) {
  const list = element('consoles');
  for (const child of [...list.children]) if (!wanted.includes(/** @type {HTMLElement} */ (child))) child.remove();
  wanted.forEach((card, at) => {
    if (list.children[at] !== card) list.insertBefore(card, list.children[at] ?? null);
  });
}

/** Says what changed, for who does not see it. @param {Console[]} before @param {Console[]} now */
function tellChanges(before, now) {
  const states = new Map(before.map((console) => [console.id, console.line.state]));
  const changed = now.filter(({ id, line }) => states.has(id) && states.get(id) !== line.state);
  if (changed.length > 0) say(element('said'), changed.map(({ name, line }) => `${name}: ${lineWords(line)}`).join('; '));
}

/** @type {import('./card.js').Deeds} */
const deeds = {
  open: (console) =>
    attempt(async () => {
      const url = answer?.caller.may_type ? await service.page(console.id) : (await service.share(console.id, LOOK)).page;
      const link = make('a', { href: url, target: '_blank', rel: 'noopener noreferrer', text: 'Open it by this link' });
      // Where the browser keeps pages from opening tabs, the link is there to be clicked.
      element('opened').replaceChildren(`${console.name} opens in a new tab. If it does not: `, link, '.');
      element('opened').hidden = false;
      window.setTimeout(() => link.isConnected && (element('opened').hidden = true), 12_000);
      link.click();
    }),
  share: (console) => sharing.open(console, answer?.caller.may_type ?? false),
  takeBack: (console) =>
    attempt(async () => {
      await service.takeBack(console.id);
      await look();
    }),
  sessions: (console) => service.sessions(console.id).catch(() => []),
  kick: (console, session) =>
    askToKick(session.user || session.who, (reason) =>
      attempt(async () => {
        await service.kick(console.id, session.id, reason);
        await look();
      }),
    ),
};

/** @param {() => Promise<void>} work */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) failed(error);
    else tell(sentence(error));
  }
}

/** @param {string} text */
function tell(text) {
  element('opened').replaceChildren(text);
  element('opened').hidden = false;
}

filter.value = new URLSearchParams(location.hash.slice(1)).get('q') ?? '';
filter.addEventListener('input', () => {
  const hash = filter.value ? `#${new URLSearchParams({ q: filter.value })}` : location.pathname;
  history.replaceState(null, '', hash);
  render();
});
filter.addEventListener('keydown', (event) => {
  const shown = element('consoles').children;
  if (event.key !== 'Enter' || shown.length !== 1) return;
  const card = [...cards.values()].find((each) => each.element === shown[0]);
  if (card && !card.open.hidden) deeds.open(card.console);
});
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
  if (event.key !== '/' || typing || filter.offsetParent === null) return;
  event.preventDefault();
  filter.focus();
});
order.value = kept.read('order', '');
order.addEventListener('change', () => {
  kept.write('order', order.value);
  render();
});
theme.value = kept.read('theme', '');
theme.addEventListener('change', () => {
  kept.write('theme', theme.value);
  document.dispatchEvent(new Event('theme-chosen'));
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && element('sign-in').hidden) void look();
});

void look();
