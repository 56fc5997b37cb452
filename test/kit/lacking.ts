import type { Context } from 'mocha';

/**
 * Skips a suite for want of something that `./setup` installs where it can, saying what. On a CI machine (`CI` is set)
 * it fails instead: nobody reads there what was skipped.
 */
export function lacking(suite: Context, what: string): void {
  if (process.env['CI'] !== undefined) throw new Error(`${what}: run ./setup`);
  console.log(`      skipped: ${what}`);
  suite.skip();
}
