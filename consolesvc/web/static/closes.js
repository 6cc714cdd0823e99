// Why a connection ended, in plain words, and whether it is worth another try (the close codes of proxy/PROTOCOL.md).
// @ts-check

/** @typedef {{again: boolean, title: string, text: string}} Ending */

const NEW_ONE = 'Open the console again from the list of consoles, or with a new address from “consolesvc url”.';

/**
 * @param {number} code The close code.
 * @param {string} reason What the service said.
 * @param {boolean} known Whether there has been a session: then its page can come back.
 * @returns {Ending}
 */
export function explain(code, reason, known) {
  switch (code) {
    case 1001:
      return again('The service is stopping', 'This page comes back to the same byte as soon as it is there again.');
    case 1006:
      return known
        ? again('No connection', 'The network or the service is away. This page comes back to the same byte.')
        : again('No connection', 'The service does not answer yet.');
    case 1008:
      return refused(reason, known);
    case 1013:
      return again('Not now', `${sentence(reason)} This page tries again.`);
    case 4000:
      return final('You were sent away', `${sentence(reason)} ${NEW_ONE}`);
    case 4001:
      return final('Your time is over', `${sentence(reason)} ${NEW_ONE}`);
    case 4002:
      return reason.includes('changed')
        ? final('The server was changed', `Its line or its name is another now. ${NEW_ONE}`)
        : final('The server is gone', `${sentence(reason)} Its console is no more.`);
    case 4003:
      return final('Your right was withdrawn', `${sentence(reason)} You may not see this console any more.`);
    default:
      return again('The connection was cut', `${sentence(reason || `close code ${code}`)} This page comes back.`);
  }
}

/** @param {string} reason @param {boolean} known @returns {Ending} */
function refused(reason, known) {
  if (reason.endsWith('withdrawn')) {
    return final('Your right was withdrawn', `Who this address was made by may not have it any more. ${NEW_ONE}`);
  }
  if (reason.startsWith('resume secret')) {
    return final('Away for too long', `The service no longer knows this page. ${NEW_ONE}`);
  }
  if (reason === 'token expired') {
    return final('This address has expired', `An address is good for a short time. ${NEW_ONE}`);
  }
  if (reason === 'token used') {
    return final('This address was used already', `It is good for one connection only. ${NEW_ONE}`);
  }
  if (reason.startsWith('token')) {
    return final('This address is not good', `Its token is ${reason.slice('token '.length)}. ${NEW_ONE}`);
  }
  return final(known ? 'The service refused to go on' : 'The service refused', `${sentence(reason)} ${NEW_ONE}`);
}

/** @param {string} title @param {string} text @returns {Ending} */
const again = (title, text) => ({ again: true, title, text });
/** @param {string} title @param {string} text @returns {Ending} */
const final = (title, text) => ({ again: false, title, text });

/** @param {string} text */
function sentence(text) {
  const words = text.trim();
  if (words === '') return '';
  return words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? '' : '.');
}
