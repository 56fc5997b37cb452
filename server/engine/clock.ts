import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';

const SAMPLE_INTERVAL_MS = 200;
const FIRST_SAMPLES = 5;
const KEPT_SAMPLES = 16;
/** How far the monotonic clock may run from true time; crystals are good for 50 to 100 ppm. */
const DRIFT = 100e-6;
const JUMP_MS = 1_000;

interface Sample {
  /** Monotonic ms at which it was taken. */
  taken: number;
  /** Redis' clock minus the monotonic one, ms. */
  offset: number;
  /** Half the round trip: Redis read its clock somewhere within ± this. */
  uncertainty: number;
}

/**
 * The one clock: that of Redis, followed over a connection of its own. The sample with the smallest uncertainty wins (Cristian's algorithm with
 * the minimum filter of RFC 5905, section 10), and the monotonic clock carries it between samples. The wall clock of the instance plays no part.
 */
export class RedisClock {
  readonly #redis: Redis;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #stop = new AbortController();
  #samples: Sample[] = [];
  #best: Sample = { taken: 0, offset: 0, uncertainty: Number.POSITIVE_INFINITY };
  #following: Promise<void> = Promise.resolve();

  constructor(redis: Redis, logger: Logger, metrics: Metrics) {
    this.#redis = redis;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Unix ms of the authoritative clock, with fractions. */
  now(): number {
    return performance.now() + this.#best.offset;
  }

  /** The true time lies within ± this many milliseconds of `now()`. */
  errorBound(): number {
    return this.#best.uncertainty + (performance.now() - this.#best.taken) * DRIFT;
  }

  /** Takes the first samples, then follows in the background until `close`. Throws when Redis can't be asked. */
  async start(): Promise<void> {
    for (let i = 0; i < FIRST_SAMPLES; i++) await this.sample();
    this.#following = this.#follow();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** Takes one sample now. Throws when Redis can't be asked. */
  async sample(): Promise<void> {
    const sent = performance.now();
    const [seconds, microseconds] = await this.#redis.time();
    const received = performance.now();
    const redisTime = Number(seconds) * 1000 + Number(microseconds) / 1000;
    this.#take({ taken: received, offset: redisTime - (sent + received) / 2, uncertainty: (received - sent) / 2 });
  }

  #take(sample: Sample): void {
    const step = sample.offset - this.#best.offset;
    const knownWithin = sample.uncertainty + this.errorBound();
    if (this.#samples.length > 0 && (step > knownWithin + JUMP_MS || step < -knownWithin - JUMP_MS)) {
      this.#logger.error({ jump_ms: Math.round(step) }, 'the clock of Redis jumped; following it');
      this.#samples = [];
    }
    this.#samples = [...this.#samples, sample].slice(-KEPT_SAMPLES);
    const errorNow = (candidate: Sample) => candidate.uncertainty + (sample.taken - candidate.taken) * DRIFT;
    this.#best = this.#samples.reduce((best, candidate) => (errorNow(candidate) <= errorNow(best) ? candidate : best));
    this.#metrics.clockErrorBound.set(this.errorBound());
    this.#metrics.clockOffset.set(this.now() - (performance.timeOrigin + performance.now()));
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await wait(SAMPLE_INTERVAL_MS, undefined, { signal: this.#stop.signal, ref: false });
        await this.sample();
      } catch (error) {
        // Closing, or Redis is away: the monotonic clock carries on while the bound grows.
        this.#logger.trace({ err: error }, 'no clock sample');
      }
    }
  }
}
