// The terminal makes style sheets of its own, which the page's policy allows to none but who knows this answer's nonce.
// Imported first.
// @ts-check

const { nonce } = document.documentElement.dataset;
const create = document.createElement;

/** @param {string} name @param {ElementCreationOptions} [options] */
document.createElement = function createWithNonce(name, options) {
  const made = create.call(document, name, options);
  if (made instanceof HTMLStyleElement && nonce) made.nonce = nonce;
  return made;
};
