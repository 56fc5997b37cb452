/** What is open to everybody beneath /v1: the time and the description of the rest. */
const OPEN = /^\/v1\/(time|openapi\.json|asyncapi\.json)\/?$/i;
const VERSIONED = /^\/v1(\/|$)/i;

/** Whether what lies at a path is about sessions, in every spelling that the router takes for it. */
export function tellsOfSessions(path: string): boolean {
  return VERSIONED.test(path) && !OPEN.test(path);
}
