// The service's errors: an object of one key, its name, with a sentence in it.
// @ts-check

/** An answer that is a fault. */
export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** What an answer says that is no success. @param {Response} response */
export async function refusal(response) {
  try {
    const [fault] = Object.values(await response.json());
    return new Refused(response.status, String(fault.message));
  } catch {
    return new Refused(response.status, `The service answered with HTTP ${response.status}.`);
  }
}

/** The sentence in whatever was thrown. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error));
