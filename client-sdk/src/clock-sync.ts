/**
 * Follows the server's clock: a burst of exchanges first, then one about every 10 s. The arithmetic is in the clock
 * filter.
 */
import { ClockFilter, type TimeSample } from './clock-filter.ts';
import { type DeviceClock, Life, pause } from './device-clock.ts';
import { asError, disconnected, unreachable } from './errors.ts';

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
   * Makes one exchange with the server; ends early when the life does. `isKnown`: whether another one has
   * succeeded.
   */
  exchange: (life: Life, isKnown: () => boolean) => Promise<TimeSample>;
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
  #life = new Life();
  #following = false;
  #burst: Promise<ClockStatus> | undefined;
  /** Whether the time is being shown; before that corrections need no slewing. */
  #synced = false;
  /** What `now` adds to the monotonic clock; undefined while the server's time is unknown. */
  #shown: number | undefined;
  /** Wall clock minus monotonic clock; it changes when the device sleeps. */
  #gap: number | undefined;
  /** When the clocks were looked at last. */
  #lookedAt = 0;
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
    return this.#shown === undefined ? this.#options.clock.wall() + this.#guess : at + this.#shown;
  }

  /** How well the server's time is known now. */
  status(): ClockStatus {
    const at = this.#look();
    const estimate = this.#filter.estimate(at);
    if (!estimate || this.#shown === undefined || !this.#synced) return { offset: 0, rtt: Infinity, bound: Infinity, state: 'syncing' };
    const offset = at + this.#shown - this.#options.clock.wall();
    return { offset, rtt: estimate.rtt, bound: estimate.bound + Math.abs(estimate.offset - this.#shown), state: 'synced' };
  }

  /** Makes a burst of exchanges; concurrent callers share one. @throws SyncKairosError when no exchange succeeded. */
  sync(): Promise<ClockStatus> {
    if (this.#burst) return this.#burst;
    const burst = this.#exchangeMany(this.#life).finally(() => {
      if (this.#burst === burst) this.#burst = undefined;
    });
    return (this.#burst = burst);
  }

  /** Makes a burst now, then one exchange about every 10 s until `stop`. */
  follow(): void {
    // A failed exchange is not reported: the bound grows by itself, and the connection reports its own errors.
    const burst = this.sync().catch(() => undefined);
    if (this.#following) return;
    this.#following = true;
    const life = this.#life;
    void burst.then(() => this.#keepFollowing(life));
  }

  /** Ends everything under way. The known time stays. */
  stop(): void {
    this.#life.end();
    this.#life = new Life();
    this.#burst = undefined;
    this.#following = false;
  }

  /** Call this when the device may have slept. Checks that, and measures again if timers may have been suspended. */
  wake(): void {
    this.#look();
    this.#again();
  }

  /** Measures anew while following. What fails is not reported: the connection reports its own errors. */
  #again(): void {
    if (this.#following) void this.sync().catch(() => undefined);
  }

  /** The monotonic clock now, after checking for a sleep and updating the slewing. */
  #look(): number {
    const { clock } = this.#options;
    const at = clock.monotonic();
    const elapsed = Math.max(0, at - this.#lookedAt);
    const before = this.#gap;
    this.#gap = clock.wall() - at;
    this.#lookedAt = at;
    if (before !== undefined && Math.abs(this.#gap - before) > SLEEP_MS + 0.001 * elapsed) this.#slept(before);
    else this.#slew(at, elapsed);
    return at;
  }

  #slept(gapBefore: number): void {
    if (this.#shown !== undefined) this.#guess = this.#shown - gapBefore;
    this.#filter = new ClockFilter();
    this.#shown = undefined;
    this.#synced = false;
    // Later, since this may be called while React renders.
    queueMicrotask(() => this.#again());
  }

  #slew(at: number, elapsed = 0): void {
    const target = this.#filter.estimate(at)?.offset;
    if (target === undefined) return;
    const shown = this.#shown ?? target;
    const most = SLEW_RATE * elapsed;
    const isStep = !this.#synced || Math.abs(target - shown) >= STEP_MS;
    this.#shown = isStep ? target : shown + Math.max(-most, Math.min(most, target - shown));
  }

  async #keepFollowing(life: Life): Promise<void> {
    while (!life.isOver) {
      await pause(this.#options.clock, (this.#synced ? SYNC_INTERVAL_MS : RETRY_MS) * (0.8 + 0.4 * this.#options.random()), life);
      if (!life.isOver) await this.#exchangeOnce(life).catch(() => undefined);
    }
  }

  async #exchangeMany(life: Life): Promise<ClockStatus> {
    const { clock } = this.#options;
    const failures: unknown[] = [];
    const exchanges: Promise<unknown>[] = [];
    while (exchanges.length < BURST_SAMPLES && failures.length === 0 && !life.isOver) {
      if (exchanges.length > 0) await pause(clock, BURST_SPACING_MS, life);
      exchanges.push(this.#exchangeOnce(life).catch((error: unknown) => failures.push(error)));
    }
    const all = Promise.all(exchanges);
    await Promise.race([all, pause(clock, BURST_PATIENCE_MS, life)]);
    if (this.#shown === undefined) await all;
    if (life.isOver) throw disconnected();
    if (failures.length === exchanges.length) throw asError(failures[0]);
    if (!this.#synced && this.#shown !== undefined) this.#tell();
    return this.status();
  }

  async #exchangeOnce(life: Life): Promise<void> {
    this.#look();
    const filter = this.#filter;
    const sample = await this.#options.exchange(life, () => this.#shown !== undefined);
    if (life.isOver) return;
    const at = this.#look();
    // An exchange during a sleep is useless.
    if (this.#filter !== filter) throw unreachable('The device slept');
    const agrees = filter.add(sample);
    this.#slew(at);
    const bound = filter.estimate(at)?.bound ?? Infinity;
    if (this.#synced || bound <= GOOD_ENOUGH_MS || !this.#burst) this.#tell();
    if (!agrees) this.#again();
  }

  #tell(): void {
    this.#synced = true;
    this.#options.onSync(this.status());
  }
}
