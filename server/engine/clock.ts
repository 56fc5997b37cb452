import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { every } from '../util/every.ts';

const SAMPLE_INTERVAL_MS = 200;
/**
 * How many samples are taken before the clock is used; more, for a limited time, while none is good. A process that has
 * just started is slow to read replies.
 */
const FIRST_SAMPLES = 5;
const GOOD_BOUND_MS = 1;
const FIRST_SAMPLES_WITHIN_MS = 500;
const KEPT_SAMPLES = 16;
/** The drift of the monotonic clock that is assumed at least; crystals have 50 to 100 ppm. */
const DRIFT_LEAST = 100e-6;
/** The most that counts as drift; anything more is a step. */
const DRIFT_MOST = 0.05;
/** Two samples prove only a lower bound of a drift. */
const DRIFT_MARGIN = 1.5;
/** How fast a measured drift is forgotten, with each sample. */
const DRIFT_DECAY = 0.95;
/** Jumps of the clock that are logged: forward by this much, or back by more than samples can be wrong. */
const JUMP_FORWARD_MS = 1_000;
const JUMP_BACK_MS = 10;

/** The clock as the engine needs it. */
export interface Clock {
  /** Unix ms of the one clock, with fractions. */
  now(): number;
  /** Takes a sample now. Returns by how many ms it moved the clock. Throws when Redis does not answer. */
  sample(): Promise<number>;
}

interface Sample {
  /** Monotonic ms at which it was taken. */
  taken: number;
  /** Redis' clock minus the monotonic one, ms. */
  offset: number;
  /** Half the round trip, ms: the offset is right within ± this. */
  uncertainty: number;
}

/**
 * The one clock, that of Redis, followed over a connection of its own. The sample with the least uncertainty counts
 * (Cristian's algorithm with the minimum filter of RFC 5905, section 10), and the monotonic clock continues it between
 * samples. The wall clock of the instance is not used.
 */
export class RedisClock implements Clock {
  readonly #read: () => Promise<number>;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #stop = new AbortController();
  #samples: Sample[] = [];
  #best: Sample = { taken: 0, offset: 0, uncertainty: Number.POSITIVE_INFINITY };
  #drift = DRIFT_LEAST;
  #following: Promise<void> = Promise.resolve();

  /** `read` asks Redis for its clock: Unix ms with fractions. */
  constructor(read: () => Promise<number>, logger: Logger, metrics: Metrics) {
    this.#read = read;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** The time of the one clock, Unix ms with fractions. */
  now(): number {
    return performance.now() + this.#best.offset;
  }

  /** The true time lies within ± this many milliseconds of `now()`. */
  errorBound(): number {
    return this.#errorOf(this.#best, performance.now());
  }

  /** Takes the first samples, then follows in the background until `close`. Throws when Redis does not answer. */
  async start(): Promise<void> {
    const until = performance.now() + FIRST_SAMPLES_WITHIN_MS;
    for (let taken = 0; taken < FIRST_SAMPLES || (this.errorBound() > GOOD_BOUND_MS && performance.now() < until); taken++) {
      await this.sample();
    }
    this.#following = this.#follow();
  }

  /** Stops following the clock of Redis. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** Asks Redis for its time once. Returns by how many ms `now()` moved; rejects when Redis does not answer. */
  async sample(): Promise<number> {
    const sent = performance.now();
    const redisTime = await this.#read();
    const received = performance.now();
    const before = this.#best.offset;
    this.#take({ taken: received, offset: redisTime - (sent + received) / 2, uncertainty: (received - sent) / 2 });
    return this.#best.offset - before;
  }

  #errorOf(sample: Sample, at: number): number {
    return sample.uncertainty + (at - sample.taken) * this.#drift;
  }

  #take(sample: Sample): void {
    this.#drift = Math.max(DRIFT_LEAST, this.#drift * DRIFT_DECAY);
    if (this.#samples.length > 0) this.#compare(sample);
    this.#samples = [...this.#samples, sample].slice(-KEPT_SAMPLES);
    this.#best = this.#samples.reduce((best, candidate) =>
      this.#errorOf(candidate, sample.taken) <= this.#errorOf(best, sample.taken) ? candidate : best,
    );
    this.#metrics.clockErrorBound.set(this.errorBound());
    // oxlint-disable-next-line no-restricted-properties -- how wrong the wall clock is can only be told by looking at it; nothing is judged by it
    this.#metrics.clockOffset.set(this.now() - Date.now());
  }

  /**
   * Compares a sample with the best one. If they cannot both be right, a clock drifted or was set, and the older
   * samples are discarded.
   */
  #compare(sample: Sample): void {
    const best = this.#best;
    const step = sample.offset - best.offset;
    const drift = (Math.abs(step) - sample.uncertainty - best.uncertainty) / Math.max(1, sample.taken - best.taken);
    const agrees = Math.abs(step) <= sample.uncertainty + this.#errorOf(best, sample.taken);
    if (drift <= DRIFT_MOST) this.#drift = Math.max(this.#drift, drift * DRIFT_MARGIN);
    if (agrees) return;
    this.#samples = [];
    if (step > JUMP_FORWARD_MS || step < -JUMP_BACK_MS) {
      this.#metrics.clockJumps.inc();
      this.#logger.error({ jump_ms: Math.round(step) }, 'the clock of Redis jumped; following it');
    }
  }

  #follow(): Promise<void> {
    const sample = () => this.sample();
    return every(SAMPLE_INTERVAL_MS, this.#stop.signal, sample, (error) => {
      // While Redis is away, the monotonic clock goes on and the error bound grows.
      this.#metrics.clockErrorBound.set(this.errorBound());
      this.#logger.trace({ err: error }, 'no clock sample');
    });
  }
}
