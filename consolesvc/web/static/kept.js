// What a reader has chosen, kept in the browser; never anything secret.
// @ts-check

/** @param {string} name @param {string} fallback */
export function read(name, fallback) {
  try {
    return localStorage.getItem(`consolesvc.${name}`) ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {string} name @param {string} value Nothing is kept for ''. */
export function write(name, value) {
  try {
    if (value === '') localStorage.removeItem(`consolesvc.${name}`);
    else localStorage.setItem(`consolesvc.${name}`, value);
  } catch {
    // This browser keeps nothing for pages: the choice lasts as long as the page.
  }
}
