import { execFile } from 'node:child_process';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freshDirectory } from './services.ts';

const run = promisify(execFile);

/**
 * A wall clock of one program that can be set while it runs, by a small library for LD_PRELOAD (shifted-clock.c).
 * `faketime` can't be used, since redis-server crashes under it.
 */
export interface ShiftedClock {
  /** Environment of the program. */
  env: Record<string, string>;
  /** Sets the program's wall clock off by so much from now on; its monotonic clock stays right. */
  shift(ms: number): Promise<void>;
}

let library: Promise<string> | undefined;

async function compile(): Promise<string> {
  const directory = await freshDirectory('clock');
  await mkdir(directory);
  const output = path.join(directory, 'shifted-clock.so');
  await run('cc', ['-shared', '-fPIC', '-O1', '-o', output, path.join(import.meta.dirname, 'shifted-clock.c')]);
  return output;
}

/** Undefined where there is no C compiler (`cc`), or not Linux: clocks can't be set then. */
export async function shiftedClock(): Promise<ShiftedClock | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const preload = await (library ??= compile());
    const file = `${await freshDirectory('shift')}.us`;
    await writeFile(file, Buffer.alloc(8));
    // PostgreSQL may run as another user.
    await Promise.all([file, preload].map((each) => chmod(each, 0o755)));
    return {
      env: { LD_PRELOAD: preload, SHIFTED_CLOCK: file },
      async shift(ms) {
        const microseconds = Buffer.alloc(8);
        microseconds.writeBigInt64LE(BigInt(Math.round(ms * 1000)));
        // Write in place, since the program has mapped the file.
        const handle = await open(file, 'r+');
        try {
          await handle.write(microseconds, 0, 8, 0);
        } finally {
          await handle.close();
        }
      },
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
