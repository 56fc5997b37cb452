import type { Context } from 'mocha';

/**
 * Skips a suite that needs something that `./setup` installs where it can, and says what is missing. On a CI machine
 * (`CI` is set) the suite fails instead, since nobody would notice the skip.
 */
export function lacking(suite: Context, what: string): void {
  if (process.env['CI'] !== undefined) throw new Error(`${what}: run ./setup`);
  console.log(`      skipped: ${what}`);
  suite.skip();
}
