import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Settings } from './server.ts';

const LIBRARY = 'libfaketimeMT.so.1';

/** The library of the Debian package faketime, where there is one. */
function findLibrary(): string | undefined {
  const folders = ['/usr/lib', '/usr/local/lib', '/usr/lib64'];
  for (const folder of folders) {
    for (const inside of entriesOf(folder)) {
      const candidate = inside === 'faketime' ? path.join(folder, inside) : path.join(folder, inside, 'faketime');
      if (entriesOf(candidate).includes(LIBRARY)) return path.join(candidate, LIBRARY);
    }
  }
  return undefined;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const library = findLibrary();

/** Why tests that need wrong wall clocks are skipped here; undefined where they can run. */
export const noFaketime: string | undefined =
  library === undefined ? 'faketime is not installed (./setup installs it where apt is used)' : undefined;

/**
 * Environment of a process with a wrong clock: `'+30s'` ahead, `'+0 x1.01'` one percent fast. Only the wall clock is
 * wrong, unless `monotonic` asks for both. It preloads the library, since the child of the `faketime` command would
 * survive a kill.
 */
export function wrongClock(spec: string, { monotonic = false } = {}): Settings {
  if (library === undefined) throw new Error(noFaketime);
  return { LD_PRELOAD: library, FAKETIME: spec, FAKETIME_DONT_FAKE_MONOTONIC: monotonic ? '0' : '1' };
}
