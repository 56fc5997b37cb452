/** What needs no token below /v1: the time, the ways to the server and the descriptions of the interface. */
const OPEN = /^\/v1\/(time|reach|openapi\.json|asyncapi\.json)\/?$/i;
const VERSIONED = /^\/v1(\/|$)/i;

/** Whether a path is about sessions, in every spelling that the router accepts. */
export function tellsOfSessions(path: string): boolean {
  return VERSIONED.test(path) && !OPEN.test(path);
}

const CODE = /^\/j(\/|$)/i;

/** Whether a path opens a join code. */
export function opensCode(path: string): boolean {
  return CODE.test(path);
}

/**
 * Paths that accept every host name, since load balancers and orchestrators use any; their answers are of no use to a
 * page.
 */
export const PROBES: ReadonlySet<string> = new Set(['/health', '/ready']);
