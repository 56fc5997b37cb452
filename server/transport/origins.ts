/** CORS_ORIGIN as a question: may a page of this origin talk to us? `*` allows every origin, otherwise those that are listed. */
export function originCheck(corsOrigin: '*' | string[]): (origin: string | undefined) => boolean {
  if (corsOrigin === '*') return () => true;
  const allowed = new Set(corsOrigin);
  // Without an Origin header it is not a browser, and nothing a browser would guard is at stake.
  return (origin) => origin === undefined || allowed.has(origin);
}
