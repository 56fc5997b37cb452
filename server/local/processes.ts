import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { within } from '../util/within.ts';

const run = promisify(execFile);

const POLL_MS = 20;
const STOP_DEADLINE_MS = 15_000;

/** Identifies a process, and never a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** When the process began, in the unit of the system. Only compared for equality. */
  started: string;
}

/** The identity of a live process; undefined if none has this pid (a zombie counts as none). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === 'linux' ? await startedByProc(pid) : await startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether this very process is alive, and not another one with its pid. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started;
}

/**
 * Sends a signal and waits for the end; kills the process after 15 s. `gone` resolves with true at the end. No error if
 * there is no such process.
 */
export async function endProcess(pid: number, signal: NodeJS.Signals, gone: Promise<boolean>): Promise<void> {
  try {
    process.kill(pid, signal);
    if (!(await within(STOP_DEADLINE_MS, gone, () => false))) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
  await gone;
}

/** Resolves with true once that very process has ended. */
export async function untilGone(identity: ProcessIdentity): Promise<boolean> {
  while (await isAlive(identity)) await wait(POLL_MS);
  return true;
}

/** The command line of a live process; undefined if it is unknown. */
export async function commandLine(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await run('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return undefined;
  }
}

/**
 * proc(5): field 22 of /proc/<pid>/stat is the start in ticks since boot, so the id of the boot is added. Field 2, the
 * name, may contain spaces and parentheses.
 */
async function startedByProc(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

async function startedByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    const [state = 'Z', ...rest] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : rest.join(' ');
  } catch {
    return undefined;
  }
}
