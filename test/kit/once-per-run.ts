import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freshDirectory } from './services.ts';
import { until } from './until.ts';

const DEADLINE_MS = 120_000;
/** Set by `test/run.ts`, which removes it after the last test. */
const runFolder = process.env['TEST_RUN_FOLDER'];
const made = new Map<string, Promise<string>>();

/**
 * Makes something that all test processes of a run share, such as files that a build writes to one place: the first
 * that asks makes it, the others wait for it.
 * @param make gets an empty folder for what it makes
 * @returns that folder; rejects in every process if `make` failed
 */
export function oncePerRun(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const known = made.get(name) ?? makeOrWait(name, make);
  made.set(name, known);
  return known;
}

async function makeOrWait(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = runFolder === undefined ? await freshDirectory(name) : path.join(runFolder, name);
  const [finished, failed] = [`${folder}.finished`, `${folder}.failed`];
  const isFirst = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    try {
      await make(folder);
      await writeFile(finished, '');
    } catch (error) {
      await writeFile(failed, String(error));
      throw error;
    }
  } else {
    await until(`another process made ${folder}`, async () => existsSync(finished) || existsSync(failed), DEADLINE_MS);
    if (existsSync(failed)) throw new Error(await readFile(failed, 'utf8'));
  }
  return folder;
}
