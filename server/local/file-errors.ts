import { stat } from 'node:fs/promises';
import path from 'node:path';
import { StartError } from './claim.ts';

const ELSEWHERE = 'keep the data elsewhere: npm start -- some/folder';

/**
 * Turns an error of the file system below `directory` into a StartError that says what to do; returns any other error
 * as it is.
 */
export async function withWayOut(error: unknown, directory: string): Promise<unknown> {
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (code === undefined || file === undefined || !`${file}/`.startsWith(`${directory}/`)) return error;
  const refusal = `${file} can't be used (${code})`;
  const mend =
    code === 'EACCES' || code === 'EPERM' ? `: it belongs to ${await ownership(file, directory)}, or ${ELSEWHERE}` : `; ${ELSEWHERE}`;
  return new StartError(refusal + mend, { cause: error });
}

/** The owner of a file, or of the folder that it would be in, and the command that gives access. */
async function ownership(file: string, directory: string): Promise<string> {
  const { uid } = await stat(file).catch(() => stat(path.dirname(file)));
  if (uid === process.getuid?.()) return `you, but lets nobody in; run chmod -R u+rwX ${directory}`;
  return `${uid === 0 ? 'root' : `user ${uid}`}; run sudo chown -R "$(id -un)" ${directory}`;
}
