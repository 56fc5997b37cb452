/** The device's clocks and timers, in one place so that tests can replace them. */

/** The device's two clocks, in milliseconds, and a timer that belongs to them. */
export interface DeviceClock {
  /** Never set, never runs backwards; any origin. It may stand still while the device sleeps. */
  monotonic(): number;
  /** Unix time by the device's wall clock. */
  wall(): number;
  /** Calls `run` once after `ms` milliseconds; the returned function cancels it. Default: `setTimeout`. */
  timer?(run: () => void, ms: number): () => void;
}

/** The longest wait of a timer, ms; by then the server's time has been measured again. */
export const LONGEST_MS = 2_147_483_647;

// Called through arrows: browsers refuse these functions on a foreign `this`.
export const deviceClock: DeviceClock = { monotonic: () => performance.now(), wall: () => Date.now() };

/**
 * Calls `run` after `ms` by the clock's own timer, or by `setTimeout`; the returned function cancels it. Such a timer
 * does not keep a Node process running; `KeepAlive` does, while somebody waits.
 */
export function later(clock: DeviceClock, run: () => void, ms: number): () => void {
  if (clock.timer !== undefined) return clock.timer(run, ms);
  const timer = setTimeout(run, ms);
  // A browser's timer is a number.
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer);
}

/** Resolves after `ms`, or at once when the signal aborts; leaves no timer behind. */
export function pause(clock: DeviceClock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      callOff();
      off();
      resolve();
    };
    const callOff = later(clock, done, ms);
    const off = onAbort(signal, done);
  });
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `run` when the signal aborts, until the returned function is called. Any number may wait for the same signal:
 * Node would warn of more than ten listeners.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const runs = waiting.get(signal) ?? new Set();
  if (!waiting.has(signal)) {
    waiting.set(signal, runs);
    signal.addEventListener('abort', () => {
      for (const each of Array.from(runs)) each();
    });
  }
  runs.add(run);
  return () => void runs.delete(run);
}
