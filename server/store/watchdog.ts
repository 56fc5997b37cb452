import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../observability/logger.ts';

/** An event loop that was silent for this long is blocked. It leaves its thread enough time to connect before 3 s without a mark are an outage. */
const BLOCKED_MS = 1_500;

export interface WatchdogOptions {
  redisUrl: string;
  keyPrefix: string;
  logLevel: string;
  /** As the log of the instance names it. */
  instance: string;
}

/** What the threads are handed. */
export interface WatchdogData extends WatchdogOptions {
  blockedMs: number;
  /** One number, which changes with each sign of life of the event loop. */
  stamps: Int32Array;
  /** What the thread that makes marks runs, and the options of Node that it needs. */
  standIn: { code: string; execArgv: string[] };
}

export interface Watchdog {
  /** Says that the event loop is alive. To be called each second from the first call on. */
  stamp(): void;
  close(): Promise<void>;
}

/**
 * Watches an event loop from a thread of its own, and has marks of life made in its place for as long as it is blocked. A process that is stopped or killed
 * makes none, since its threads are as well. The thread begins with the first stamp, sleeps between two of them, and keeps no process alive.
 */
export function openWatchdog(options: WatchdogOptions, logger: Logger): Watchdog {
  const stamps = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let thread: Worker | undefined;
  let closed = false;
  const start = () => {
    const workerData = { ...options, blockedMs: BLOCKED_MS, stamps, standIn: standIn() } satisfies WatchdogData;
    // In JavaScript, and without the options of Node that this process has: a loader for TypeScript would slow down the start of each instance.
    const started = new Worker(new URL('watchdog-thread.js', import.meta.url), { workerData, execArgv: [] });
    started.on('error', (error) => {
      logger.error({ err: error }, 'the watchdog of the event loop failed');
      thread = undefined;
    });
    started.unref();
    return started;
  };
  return {
    stamp() {
      if (closed) return;
      thread ??= start();
      Atomics.add(stamps, 0, 1);
      Atomics.notify(stamps, 0);
    },
    async close() {
      closed = true;
      await thread?.terminate();
    },
  };
}

/** From sources or from the build, as this file is. Only the main thread gets a loader for TypeScript by an option of Node. */
function standIn(): WatchdogData['standIn'] {
  const extension = path.extname(import.meta.filename);
  const load = `import(${JSON.stringify(new URL(`stand-in${extension}`, import.meta.url))})`;
  if (extension !== '.ts') return { code: load, execArgv: [] };
  return { code: `import('tsx/esm/api').then(({ register }) => { register(); return ${load}; })`, execArgv: ['--conditions=development'] };
}
