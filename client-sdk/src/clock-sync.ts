/**
 * Follows the server's clock: a burst of exchanges first, then one about every 10 s. The arithmetic is in the clock
 * filter.
 */
import { ClockFilter, type TimeSample } from './clock-filter.ts';
import { type DeviceClock, pause } from './device-clock.ts';
import { asError, unreachable } from './errors.ts';

/** What the client knows of the server's clock, in milliseconds. */
export interface ClockStatus {
  /** Server time minus the device's wall clock; 0 while syncing. */
  offset: number;
  /** Round trip of the best exchange; Infinity while syncing. */
  rtt: number;
  /** The true offset lies within ± this; Infinity while syncing. */
  bound: number;
  /**
   * `syncing` until the server's clock is known, and again after a sleep: times of running clocks are not known then.
   */
  state: 'syncing' | 'synced';
}

export interface ClockSyncOptions {
  clock: DeviceClock;
  /** 0 to 1, for jitter. */
  random: () => number;
  /**
   * Makes one exchange with the server; ends early when the signal aborts. `isKnown`: whether another one has
   * succeeded.
   */
  exchange: (signal: AbortSignal, isKnown: () => boolean) => Promise<TimeSample>;
  /** Called after each change while synced. */
  onSync: (status: ClockStatus) => void;
}

const BURST_SAMPLES = 8;
const BURST_SPACING_MS = 75;
/** How long a burst waits for answers after its last request. */
const BURST_PATIENCE_MS = 400;
const SYNC_INTERVAL_MS = 10_000;
/** Pause between bursts while the time is unknown, after a burst without an answer or after a sleep. */
const RETRY_MS = 1_000;
/** If the first exchange is this accurate, the rest of its burst is not awaited. */
const GOOD_ENOUGH_MS = 25;
/**
 * Corrections are applied at this rate, 5 ms a second, so that time never runs backwards; larger ones than STEP_MS at
 * once.
 */
const SLEW_RATE = 0.005;
/** The least correction that is applied at once. */
const STEP_MS = 250;
/**
 * If wall clock and monotonic clock differ by more than this, plus 0.1 % of the time since, the device slept or its
 * clock was set.
 */
const SLEEP_MS = 250;

export class ClockSync {
  readonly #options: ClockSyncOptions;
  #filter = new ClockFilter();
  #running = new AbortController();
  #following = false;
  #burst: Promise<ClockStatus> | undefined;
  /** Whether the time is being shown; before that corrections need no slewing. */
  #synced = false;
  /** What `now` adds to the monotonic clock, and since when. */
  #shown: { offset: number; at: number } | undefined;
  /** Wall clock minus monotonic clock, and when that was; it changes when the device sleeps. */
  #gap: { wall: number; at: number } | undefined;
  /** Counts sleeps, since an exchange during a sleep is useless. */
  #awake = 0;
  /** What is added to the wall clock while the server's time is unknown. */
  #guess = 0;

  constructor(options: ClockSyncOptions) {
    this.#options = options;
  }

  /**
   * Unix milliseconds of the server's clock; while syncing, a guess by the device's. Corrections under 250 ms never
   * make it run backwards.
   */
  now(): number {
    const at = this.#look();
    return this.#shown === undefined ? this.#options.clock.wall() + this.#guess : at + this.#shown.offset;
  }

  status(): ClockStatus {
    const at = this.#look();
    const estimate = this.#filter.estimate(at);
    if (estimate === null || this.#shown === undefined || !this.#synced) {
      return { offset: 0, rtt: Infinity, bound: Infinity, state: 'syncing' };
    }
    const shown = at + this.#shown.offset;
    const bound = estimate.bound + Math.abs(estimate.serverTime - shown);
    return { offset: shown - this.#options.clock.wall(), rtt: estimate.rtt, bound, state: 'synced' };
  }

  /** Makes a burst of exchanges; concurrent callers share one. @throws SyncKairosError when no exchange succeeded. */
  sync(): Promise<ClockStatus> {
    if (this.#burst === undefined) {
      const burst = this.#exchangeMany(this.#running.signal).finally(() => {
        if (this.#burst === burst) this.#burst = undefined;
      });
      this.#burst = burst;
    }
    return this.#burst;
  }

  /** Makes a burst now, then one exchange about every 10 s until `stop`. */
  follow(): void {
    // A failed exchange is not reported: the bound grows by itself, and the connection reports its own errors.
    const burst = this.sync().catch(() => undefined);
    if (this.#following) return;
    this.#following = true;
    const { signal } = this.#running;
    void burst.then(() => this.#keepFollowing(signal));
  }

  /** Ends everything under way. The known time stays. */
  stop(): void {
    this.#running.abort();
    this.#running = new AbortController();
    this.#burst = undefined;
    this.#following = false;
  }

  /** Call this when the device may have slept. Checks that, and measures again if timers may have been suspended. */
  wake(): void {
    this.#look();
    if (this.#following) void this.sync().catch(() => undefined);
  }

  /** The monotonic clock now, after checking for a sleep and updating the slewing. */
  #look(): number {
    const { clock } = this.#options;
    const at = clock.monotonic();
    const gap = clock.wall() - at;
    const before = this.#gap;
    if (before !== undefined && Math.abs(gap - before.wall) > SLEEP_MS + 0.001 * Math.max(0, at - before.at)) this.#slept(before.wall);
    else if (before !== undefined) this.#slew(at);
    this.#gap = { wall: gap, at };
    return at;
  }

  #slept(gapBefore: number): void {
    if (this.#shown !== undefined) this.#guess = this.#shown.offset - gapBefore;
    this.#awake += 1;
    this.#filter = new ClockFilter();
    this.#shown = undefined;
    this.#synced = false;
    // Later, since this may be called while React renders.
    if (this.#following) queueMicrotask(() => this.#following && void this.sync().catch(() => undefined));
  }

  #slew(at: number): void {
    const estimate = this.#filter.estimate(at);
    if (estimate === null) return;
    const target = estimate.serverTime - at;
    const correction = this.#shown === undefined ? Infinity : target - this.#shown.offset;
    if (this.#shown === undefined || !this.#synced || Math.abs(correction) >= STEP_MS) {
      this.#shown = { offset: target, at };
      return;
    }
    const most = SLEW_RATE * Math.max(0, at - this.#shown.at);
    this.#shown = { offset: this.#shown.offset + Math.max(-most, Math.min(most, correction)), at };
  }

  async #keepFollowing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.#options.clock, (this.#synced ? SYNC_INTERVAL_MS : RETRY_MS) * (0.8 + 0.4 * this.#options.random()), signal);
      if (!signal.aborted) await this.#exchangeOnce(signal).catch(() => undefined);
    }
  }

  async #exchangeMany(signal: AbortSignal): Promise<ClockStatus> {
    const { clock } = this.#options;
    const failures: unknown[] = [];
    const exchanges: Promise<unknown>[] = [];
    while (exchanges.length < BURST_SAMPLES && failures.length === 0 && !signal.aborted) {
      if (exchanges.length > 0) await pause(clock, BURST_SPACING_MS, signal);
      exchanges.push(this.#exchangeOnce(signal).catch((error: unknown) => failures.push(error)));
    }
    const all = Promise.all(exchanges);
    await Promise.race([all, pause(clock, BURST_PATIENCE_MS, signal)]);
    if (this.#shown === undefined) await all;
    if (signal.aborted) throw unreachable('The client was disconnected');
    if (failures.length === exchanges.length) throw asError(failures[0]);
    if (!this.#synced && this.#shown !== undefined) this.#tell();
    return this.status();
  }

  async #exchangeOnce(signal: AbortSignal): Promise<void> {
    this.#look();
    const awake = this.#awake;
    const sample = await this.#options.exchange(signal, () => this.#shown !== undefined);
    if (signal.aborted) return;
    const at = this.#look();
    if (this.#awake !== awake) throw unreachable('The device slept');
    const agrees = this.#filter.add(sample);
    this.#slew(at);
    const bound = this.#filter.estimate(at)?.bound ?? Infinity;
    if (this.#synced || bound <= GOOD_ENOUGH_MS || this.#burst === undefined) this.#tell();
    if (!agrees && this.#following) void this.sync().catch(() => undefined);
  }

  #tell(): void {
    this.#synced = true;
    this.#options.onSync(this.status());
  }
}
