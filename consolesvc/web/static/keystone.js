// A token for a user and a password, from the service's own Keystone at identity/ (identity: builtin).
// @ts-check

const TOKENS = 'identity/v3/auth/tokens';

/**
 * @typedef {import('./service.js').Service} Service
 * @typedef {{id: string, name: string}} Project
 */

/**
 * Proves who somebody is, and says which projects they may choose from.
 * @param {Service} service @param {string} user @param {string} password
 * @returns {Promise<{token: string, projects: Project[]}>} A token without a project.
 */
export async function prove(service, user, password) {
  const proof = { user: { name: user, domain: { id: 'default' }, password } };
  const token = await issue(service, { identity: { methods: ['password'], password: proof } });
  const { answer } = await service.exchange('GET', 'identity/v3/auth/projects', undefined, token);
  return { token, projects: answer.projects };
}

/**
 * A token for one project.
 * @param {Service} service @param {string} token Without one. @param {string} project Its id.
 */
export function scoped(service, token, project) {
  return issue(service, { identity: { methods: ['token'], token: { id: token } }, scope: { project: { id: project } } });
}

/** Ends a token. @param {Service} service @param {string} token */
export async function revoke(service, token) {
  await service.exchange('DELETE', TOKENS, undefined, token, { 'X-Subject-Token': token });
}

/** @param {Service} service @param {object} auth @returns {Promise<string>} */
async function issue(service, auth) {
  const { headers } = await service.exchange('POST', TOKENS, { auth }, '');
  return headers.get('X-Subject-Token') ?? '';
}
