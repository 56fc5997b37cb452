import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../observability/logger.ts';

/**
 * An event loop that was silent for this long is blocked. By then its last mark is up to 1.5 s old, which leaves a
 * thread enough time to connect before 3 s without a mark are an outage.
 */
const BLOCKED_MS = 1_000;

export interface WatchdogOptions {
  redisUrl: string;
  keyPrefix: string;
  logLevel: string;
  /** As the log of the instance names it. */
  instance: string;
}

/** What the thread is handed. */
export interface WatchdogData extends WatchdogOptions {
  blockedMs: number;
  /** One number, which changes with each sign of life of the event loop. */
  stamps: Int32Array;
  /** Whether this runs from the sources, not from the build. */
  fromSources: boolean;
}

export interface Watchdog {
  /** Says that the event loop is alive. To be called twice a second from the first call on. */
  stamp(): void;
  close(): Promise<void>;
}

/**
 * Watches an event loop from a thread of its own, and has marks of life made in its place for as long as it is blocked.
 * A process that is stopped or killed makes none, since its threads are as well. The thread begins with the first
 * stamp, sleeps between two of them, and keeps no process alive.
 */
export function openWatchdog(options: WatchdogOptions, logger: Logger): Watchdog {
  const stamps = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let thread: Worker | undefined;
  let closed = false;
  const start = () => {
    const fromSources = path.extname(import.meta.filename) === '.ts';
    const workerData = { ...options, blockedMs: BLOCKED_MS, stamps, fromSources } satisfies WatchdogData;
    // In JavaScript, and without the options of Node that this process has: a loader for TypeScript would slow down the
    // start of each instance.
    const execArgv = fromSources ? ['--conditions=development'] : [];
    const started = new Worker(new URL('watchdog-thread.js', import.meta.url), { workerData, execArgv });
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
