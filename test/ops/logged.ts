import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { until } from '../kit/until.ts';

/** A process of ours with all that it says. */
export interface Logged {
  child: ChildProcess;
  /** Everything on standard output and standard error so far. */
  said(): string;
  /** Waits for something it says; the first group of the pattern. */
  line(pattern: RegExp): Promise<string>;
}

const running: ChildProcess[] = [];

/**
 * Starts a production entry, or the program that crashes, from the sources with nothing in its environment but `env`.
 */
export async function startLogged(entry: 'main' | 'worker' | 'crash', env: Record<string, string>): Promise<Logged> {
  const script = path.resolve(import.meta.dirname, entry === 'crash' ? 'crash.ts' : `../../server/${entry}.ts`);
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=development', script], {
    env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    child,
    said: () => said,
    line: (pattern) => until(`the ${entry} says ${String(pattern)}:\n${said.slice(-2_000)}`, async () => pattern.exec(said)?.[1], 30_000),
  };
}

/** Ends all of them. */
export async function endAll(): Promise<void> {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
