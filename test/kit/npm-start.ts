import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, type ProcessIdentity } from '../../server/local/processes.ts';
import { until } from './until.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A running `npm start`. */
export interface NpmStart {
  /** npm's own process, the leader of a process group, as in a terminal. */
  npm: ChildProcess;
  /** The server's process. */
  server: ProcessIdentity;
  /** The private Redis and PostgreSQL. */
  services: ProcessIdentity[];
  url: string;
  output: () => string;
}

/** Runs `npm start` without building the page, with its data in `directory`. */
export function spawnNpmStart(directory: string, env: Record<string, string> = {}): { npm: ChildProcess; output: () => string } {
  const npm = spawn('npm', ['start', '--silent', '--', directory], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: '0', REDIS_URL: '', DATABASE_URL: '', SKIP_BUILD: '1', ...env },
  });
  let text = '';
  npm.stdout.on('data', (data: Buffer) => (text += data.toString()));
  npm.stderr.on('data', (data: Buffer) => (text += data.toString()));
  return { npm, output: () => text };
}

/** Runs `npm start` and waits until the server runs. */
export async function npmStart(directory: string, env: Record<string, string> = {}): Promise<NpmStart> {
  const { npm, output } = spawnNpmStart(directory, env);
  const url = () => /runs at (\S+)/.exec(output())?.[1];
  const outcome = await until('npm start prints its URL', async () => url() ?? (npm.exitCode !== null && 'ended'), 60_000).catch(
    () => 'late',
  );
  if (url() === undefined) throw new Error(`npm start did not come up (${outcome}):\n${output()}`);
  const records = await Promise.all(['redis', 'postgres'].map((name) => record(path.join(directory, name))));
  const found = records.filter((each) => each !== undefined);
  const server = found[0]?.owner ?? { pid: 0, started: '' };
  return { npm, server, services: found.map((each) => each.server), url: url() ?? '', output };
}

/** Waits until npm has ended. @returns its exit code, or the signal that ended it */
export async function ended(npm: ChildProcess): Promise<number | string | null> {
  if (npm.exitCode === null && npm.signalCode === null) await once(npm, 'exit');
  return npm.exitCode ?? npm.signalCode;
}

/** The processes of the server and its services that are still alive. */
export async function survivors({ server, services }: NpmStart): Promise<number[]> {
  const alive = await Promise.all([server, ...services].map(async (each) => ((await isAlive(each)) ? [each.pid] : [])));
  return alive.flat();
}

async function record(directory: string): Promise<{ server: ProcessIdentity; owner: ProcessIdentity } | undefined> {
  try {
    return JSON.parse(await readFile(path.join(directory, 'process.json'), 'utf8')) as { server: ProcessIdentity; owner: ProcessIdentity };
  } catch {
    return undefined;
  }
}
