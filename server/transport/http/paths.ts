/** What is open to everybody beneath /v1: the time and the description of the rest. */
const OPEN = /^\/v1\/(time|openapi\.json|asyncapi\.json)\/?$/i;
const VERSIONED = /^\/v1(\/|$)/i;

/** Whether what lies at a path is about sessions, in every spelling that the router takes for it. */
export function tellsOfSessions(path: string): boolean {
  return VERSIONED.test(path) && !OPEN.test(path);
}

/** Load balancers and orchestrators ask by whatever name they have, and are told nothing that a page could use. */
export const PROBES: ReadonlySet<string> = new Set(['/health', '/ready']);
