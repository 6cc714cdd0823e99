// What lets this page in: the token in its address, then the secret that each hello renews. Neither stays in the address
// bar; the secret is kept for this tab alone, so that it can be loaded again.
//
// A tab may have shown several consoles, to which its Back button leads: each page keeps its secret under a name of its
// own, and the name with its entry in the tab's history. A tab that is duplicated takes both along, and each of the two
// goes on with what its own hellos give it: nothing that is kept is shared between tabs.
// @ts-check

const KEPT = 'consolesvc.resume.';
const WISHES = ['replay', 'since', 'stream'];

/** @returns {{token: string} | {resume: string} | null} Null where there is nothing. */
export function found() {
  const query = new URLSearchParams(location.search);
  const token = query.getAll('token').at(-1);
  if (token) return { token };
  const resume = query.get('resume') || kept();
  return resume ? { resume } : null;
}

/** Where the address asks to start. @returns {Record<string, string>} */
export function wish() {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries(WISHES.filter((name) => query.has(name)).map((name) => [name, query.get(name) ?? '']));
}

/** The token is redeemed: from now on this secret counts. @param {string} resume */
export function keep(resume) {
  const mine = location.search === '?resume' ? name() : '';
  const page = mine || random();
  try {
    sessionStorage.setItem(KEPT + page, resume);
  } catch {
    // This browser keeps nothing for pages: the tab cannot be loaded again, and that is all.
  }
  if (!mine) history.replaceState({ page }, '', `${location.pathname}?resume`);
}

/** The secret is good for nothing any more. */
export function forget() {
  try {
    sessionStorage.removeItem(KEPT + name());
  } catch {
    // See above.
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT + name()) ?? '';
  } catch {
    return '';
  }
}

/** What this page keeps its secret by; '' where it has kept none. @returns {string} */
const name = () => history.state?.page ?? '';

/** A name that no other page has. Not randomUUID, which pages without TLS do not have. */
const random = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
