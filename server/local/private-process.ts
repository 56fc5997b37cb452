import { execFile, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeRecord, StartError, writeRecord } from './claim.ts';
import { endProcess } from './processes.ts';

const run = promisify(execFile);

const POLL_MS = 20;
const START_DEADLINE_MS = 60_000;

/** A private server process, in a process group of its own. */
export interface PrivateProcess {
  pid: number;
  /** Resolves when the process has ended for any reason, with a text that says how. */
  ended: Promise<string>;
  /** Shuts down gracefully; by force after 15 s. Later calls wait for the same shutdown. */
  stop(): Promise<void>;
  /** Kills it, as a crash would (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
}

export interface PrivateProcessOptions {
  /** Shown to users, such as "Redis". */
  name: string;
  /** The folder of the log and of the record by which a later start recognises a server that was left behind. */
  directory: string;
  command: string;
  args: string[];
  /** Written to its standard input, which no other process can read, unlike its arguments. */
  input?: string;
  /** Variables that its environment has besides the plain ones. */
  env?: Record<string, string> | undefined;
  /** The signal of a graceful shutdown. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** On Linux, started by root: run as this user, with the right to read through directories that are closed to it. */
  user?: { uid: number; gid: number; mayReadEverything: boolean };
  /** Called every 20 ms until it returns true. */
  isReady: (pid: number) => Promise<boolean>;
}

/**
 * Starts a server and waits until it is ready. It gets a process group of its own, so that Ctrl-C in the terminal
 * reaches only this process, which stops it in order. Where the system can, the server is also stopped when this
 * process dies.
 * @throws StartError with the end of its log if it ends or is not ready within a minute
 */
export async function startPrivateProcess(options: PrivateProcessOptions): Promise<PrivateProcess> {
  const { name, directory, env, input } = options;
  const logFile = path.join(directory, 'server.log');
  const log = await open(logFile, 'a');
  const logStart = (await log.stat()).size;
  const [command, args] = await withParentDeathSignal(options);
  const child = spawn(command, args, {
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', log.fd, log.fd],
    cwd: directory,
    env: { ...plainEnvironment(), ...env },
  });
  const state = { isEnded: false };
  // Heard from the first moment on: a server that refuses its settings may end before anything else is done here.
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`));
  }).finally(() => {
    state.isEnded = true;
  });
  // If it has not read everything, it does not start.
  child.stdin?.on('error', () => {}).end(input);
  await log.close();
  const pid = child.pid ?? 0;
  const stopOnce = async (signal: NodeJS.Signals) => {
    if (!state.isEnded)
      await endProcess(
        pid,
        signal,
        ended.then(() => true),
      );
    await removeRecord(directory);
  };
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopOnce(options.stopSignal));

  if (child.pid !== undefined) await writeRecord(directory, pid);
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!state.isEnded && !(await options.isReady(pid))) {
    if (performance.now() > deadline) {
      await stop();
      throw new StartError(`${name} was not ready within ${START_DEADLINE_MS / 1000} s; see ${logFile}`);
    }
    await wait(POLL_MS);
  }
  if (state.isEnded) throw new StartError(`${name} ${await ended}:\n${await logSince(logFile, logStart)}`);
  return { pid, ended, stop, kill: () => stopOnce('SIGKILL') };
}

/**
 * The environment of a private server: without our secrets, and without settings of the user's shell such as PGDATA and
 * LC_ALL.
 */
export function plainEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
}

/**
 * setpriv(1), part of Debian and Ubuntu, sets the parent death signal of prctl(2), changes the user, and then becomes
 * the server under the same pid. On other systems the next start finds and stops a server that was left behind.
 */
async function withParentDeathSignal({ command, args, stopSignal, user }: PrivateProcessOptions): Promise<[string, string[]]> {
  if (process.platform !== 'linux' || !(await hasSetpriv())) {
    if (user !== undefined)
      throw new StartError('PostgreSQL refuses to run as root. Start as another user, or install util-linux (setpriv).');
    return [command, args];
  }
  return [
    'setpriv',
    [`--pdeathsig=${stopSignal.slice('SIG'.length)}`, ...(user === undefined ? [] : setprivUser(user)), '--', command, ...args],
  ];
}

/**
 * Arguments of setpriv for a user. no_setuid_fixup makes access(2) honour the capability too; PostgreSQL looks for its
 * own binary by that call.
 */
export function setprivUser({ uid, gid, mayReadEverything }: NonNullable<PrivateProcessOptions['user']>): string[] {
  const reading = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...(mayReadEverything ? reading : [])];
}

async function hasSetpriv(): Promise<boolean> {
  return run('setpriv', ['--pdeathsig=TERM', '--', 'true']).then(
    () => true,
    () => false,
  );
}

async function logSince(file: string, position: number): Promise<string> {
  const text = (await readFile(file)).subarray(position).toString('utf8');
  return text.trim().split('\n').slice(-10).join('\n');
}
