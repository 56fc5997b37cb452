import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../observability/logger.ts';

/**
 * An event loop that was silent for this long counts as blocked. Its last mark is up to 1.5 s old then, which leaves
 * the thread enough time to connect before 3 s without a mark count as an outage.
 */
const BLOCKED_MS = 1_000;

export interface WatchdogOptions {
  redisUrl: string;
  keyPrefix: string;
  logLevel: string;
  /** The name of the instance in its log. */
  instance: string;
}

/** What the thread is given. */
export interface WatchdogData extends WatchdogOptions {
  blockedMs: number;
  /** One number, which each sign of life of the event loop increases. */
  stamps: Int32Array;
  /** Whether this process runs from the sources, not from the build. */
  fromSources: boolean;
}

export interface Watchdog {
  /** Signals that the event loop is alive. Call it twice a second from the first call on. */
  stamp(): void;
  close(): Promise<void>;
}

/**
 * Watches the event loop from a thread, which writes marks of life for the instance while the loop is blocked. A
 * stopped or killed process writes none, since its threads stop too. The thread starts with the first stamp, sleeps
 * between stamps, and keeps no process alive.
 */
export function openWatchdog(options: WatchdogOptions, logger: Logger): Watchdog {
  const stamps = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let thread: Worker | undefined;
  let closed = false;
  const start = () => {
    const fromSources = path.extname(import.meta.filename) === '.ts';
    const workerData = { ...options, blockedMs: BLOCKED_MS, stamps, fromSources } satisfies WatchdogData;
    // The thread is JavaScript and gets none of the process's Node options: loading TypeScript would slow down every
    // start.
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
