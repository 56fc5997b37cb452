/** The device's clocks and timers, in one place so that tests can replace them. */
import { Emitter, together } from './emitter.ts';

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
  if (clock.timer) return clock.timer(run, ms);
  const timer = setTimeout(run, ms);
  // A browser's timer is a number.
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer);
}

/** The time from opening something to closing it, for callers that wait meanwhile. */
export class Life {
  isOver = false;
  readonly #events = new Emitter<{ end: undefined }>();

  /** Calls `run` at the end, until the returned function is called. */
  onEnd(run: () => void): () => void {
    return this.#events.on('end', run);
  }

  /** Ends the life: `isOver` is true from now on, and what was subscribed to its end is called. */
  end(): void {
    this.isOver = true;
    this.#events.emit('end', undefined);
  }
}

/**
 * Waits `ms` milliseconds by the clock, and less where the life ends or what `subscribe` subscribes to happens before.
 * `subscribe` returns how to unsubscribe.
 */
export function pause(
  clock: DeviceClock,
  ms: number,
  life: Life,
  subscribe: (done: () => void) => () => void = () => () => undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (life.isOver) return resolve();
    const done = (): void => {
      end();
      resolve();
    };
    const end = together(later(clock, done, Math.max(0, ms)), life.onEnd(done), subscribe(done));
  });
}
