import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { endProcess, identify, isAlive, type ProcessIdentity, untilGone } from './processes.ts';

/** A private server cannot be started. The message is meant for the user. */
export class StartError extends Error {
  override name = 'StartError';
}

interface ProcessRecord {
  server: ProcessIdentity;
  owner: ProcessIdentity;
}

/**
 * Prepares a directory for a private server: creates it, and stops a server that an earlier run left behind in it.
 * @throws StartError while the run that started that server is still alive
 */
export async function claimDirectory(name: string, directory: string, progress: (line: string) => void): Promise<void> {
  await mkdir(directory, { recursive: true });
  const record = await readRecord(directory);
  if (record === undefined) return;
  if (await isAlive(record.server)) {
    const owner = await ownerOf(directory);
    if (owner !== undefined) throw new StartError(`${directory} is in use by process ${owner}, which is still running. Stop that first.`);
    progress(`stopping the ${name} (process ${record.server.pid}) that an earlier run left behind`);
    await endProcess(record.server.pid, 'SIGINT', untilGone(record.server));
  }
  await removeRecord(directory);
}

/** The live process, other than this one, whose private server runs in a directory. */
export async function ownerOf(directory: string): Promise<number | undefined> {
  const owner = (await readRecord(directory))?.owner;
  return owner !== undefined && owner.pid !== process.pid && (await isAlive(owner)) ? owner.pid : undefined;
}

function recordFile(directory: string): string {
  return path.join(directory, 'process.json');
}

/** Records which server runs in a directory, and that this process owns it. */
export async function writeRecord(directory: string, pid: number): Promise<void> {
  const [server, owner] = await Promise.all([identify(pid), identify(process.pid)]);
  if (server !== undefined) await writeFile(recordFile(directory), JSON.stringify({ server, owner }));
}

async function readRecord(directory: string): Promise<ProcessRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordFile(directory), 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}

/** Deletes the record of a directory's server, once that has ended. */
export async function removeRecord(directory: string): Promise<void> {
  await rm(recordFile(directory), { force: true });
}
