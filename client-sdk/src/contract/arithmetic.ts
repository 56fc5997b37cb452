/** The arithmetic of turns, shared by the server's domain and the client's optimistic switch; not part of what the package exports. */
export * from './clock-rule.ts';
export * from './cycle.ts';
export * from './rotation.ts';
export * from './rules.ts';
