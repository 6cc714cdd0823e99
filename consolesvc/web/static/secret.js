// What lets this page in: the token in its address, then the secret that each hello renews. Neither stays in the address
// bar; the secret is kept for this tab alone, so that it can be loaded again.
// @ts-check

const KEPT = 'consolesvc.resume';
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
  try {
    sessionStorage.setItem(KEPT, resume);
  } catch {
    // This browser keeps nothing for pages: the tab cannot be loaded again, and that is all.
  }
  if (location.search !== '?resume') history.replaceState(null, '', `${location.pathname}?resume`);
}

/** The secret is good for nothing any more. */
export function forget() {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // See above.
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    return '';
  }
}
