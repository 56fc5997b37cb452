/** Follows the server's clock: a burst of exchanges at the beginning, then one now and then. The arithmetic is the clock filter's. */
import { ClockFilter, type TimeSample } from './clock-filter.ts';
import { asError, unreachable } from './errors.ts';

/** The device's two clocks, in milliseconds. */
export interface DeviceClock {
  /** Never set, never runs backwards; any origin. */
  monotonic(): number;
  /** Unix time as the device believes it. */
  wall(): number;
}

/** What the client knows about the server's clock, in milliseconds. */
export interface ClockStatus {
  /** Server time minus the device's wall clock; 0 while syncing. */
  offset: number;
  /** Round trip of the best exchange; Infinity while syncing. */
  rtt: number;
  /** The true offset lies within ± this; Infinity while syncing. */
  bound: number;
  /** `syncing` until the first exchange succeeded: times of running clocks are not known before. */
  state: 'syncing' | 'synced';
}

export interface ClockSyncOptions {
  clock: DeviceClock;
  /** 0 to 1, for jitter. */
  random: () => number;
  /** One exchange with the server; ends early when the signal aborts. */
  exchange: (signal: AbortSignal) => Promise<TimeSample>;
  onSample: (status: ClockStatus) => void;
}

export const BURST_SAMPLES = 8;
export const BURST_SPACING_MS = 75;
export const SYNC_INTERVAL_MS = 10_000;

export class ClockSync {
  readonly #options: ClockSyncOptions;
  readonly #filter = new ClockFilter();
  #running = new AbortController();
  #following = false;
  #burst: Promise<ClockStatus> | undefined;

  constructor(options: ClockSyncOptions) {
    this.#options = options;
  }

  /** Unix milliseconds of the authoritative clock; while syncing, the device's own guess. */
  now(): number {
    const { clock } = this.#options;
    return this.#filter.estimate(clock.monotonic())?.serverTime ?? clock.wall();
  }

  status(): ClockStatus {
    const { clock } = this.#options;
    const estimate = this.#filter.estimate(clock.monotonic());
    if (estimate === null) return { offset: 0, rtt: Infinity, bound: Infinity, state: 'syncing' };
    return { offset: estimate.serverTime - clock.wall(), rtt: estimate.rtt, bound: estimate.bound, state: 'synced' };
  }

  /**
   * A burst of exchanges; callers at the same time share one.
   * @throws SyncKairosError when not a single exchange succeeded.
   */
  sync(): Promise<ClockStatus> {
    if (this.#burst === undefined) {
      const burst = this.#exchangeMany(this.#running.signal).finally(() => {
        if (this.#burst === burst) this.#burst = undefined;
      });
      this.#burst = burst;
    }
    return this.#burst;
  }

  /** A burst now, then one exchange about every 10 s until `stop`. */
  follow(): void {
    // A failed exchange is no event: the bound grows by itself, and the connection reports its own troubles.
    const burst = this.sync().catch(() => undefined);
    if (this.#following) return;
    this.#following = true;
    const { signal } = this.#running;
    void burst.then(() => this.#keepFollowing(signal));
  }

  /** Ends everything under way. What is known about the server's clock stays. */
  stop(): void {
    this.#running.abort();
    this.#running = new AbortController();
    this.#burst = undefined;
    this.#following = false;
  }

  async #keepFollowing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(SYNC_INTERVAL_MS * (0.8 + 0.4 * this.#options.random()), signal);
      if (!signal.aborted) await this.#exchangeOnce(signal).catch(() => undefined);
    }
  }

  async #exchangeMany(signal: AbortSignal): Promise<ClockStatus> {
    for (let done = 0; done < BURST_SAMPLES && !signal.aborted; done += 1) {
      if (done > 0) await pause(BURST_SPACING_MS, signal);
      try {
        await this.#exchangeOnce(signal);
      } catch (error) {
        if (done === 0) throw asError(error);
        break;
      }
    }
    if (signal.aborted) throw unreachable('The client was disconnected');
    return this.status();
  }

  async #exchangeOnce(signal: AbortSignal): Promise<void> {
    const sample = await this.#options.exchange(signal);
    if (signal.aborted) return;
    this.#filter.add(sample);
    this.#options.onSample(this.status());
  }
}

/** Resolves after `ms`, or at once when the signal aborts; leaves no timer behind. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
