import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, RLWrapperTimeouts } from 'rate-limiter-flexible';
import type { Quota, SharedLimit } from '../engine/limit-ports.ts';
import type { RedisClient } from './connection.ts';

/** Who has to wait for nothing else but the limit does not wait longer than this for Redis. */
const PATIENCE_MS = 50;

export interface SharedLimitOptions<User> {
  /** How many uses a window allows. */
  uses: number;
  /** Length of a window, which begins with its first use. Seconds. */
  seconds: number;
  /** The key in Redis of whoever uses. It expires with the window. */
  keyOf(user: User): string;
  /** Whether nothing else asks Redis at the same time, so that the answer has to be hurried. */
  alone: boolean;
}

/** An instance's window may end this much before the one in Redis, which begins when the first use arrives there. */
const MARGIN_MS = 100;
const CREDITS_KEPT = 1_000;

/** What one instance believes to be left of each user's window. It never believes too much of its own uses, only of those that others made meanwhile. */
class LocalCredits {
  readonly #uses: number;
  readonly #windowMs: number;
  #pruneAt = CREDITS_KEPT;
  readonly #left = new Map<string, { left: number; until: number }>();

  constructor(uses: number, windowMs: number) {
    this.#uses = uses;
    this.#windowMs = windowMs + MARGIN_MS;
  }

  /** Takes one, at an instant of a clock that never goes back; false where there is none left. */
  take(key: string, now: number): boolean {
    const window = this.#windowOf(key, now);
    window.left -= 1;
    return window.left >= 0;
  }

  #windowOf(key: string, now: number): { left: number; until: number } {
    let window = this.#left.get(key);
    if (window === undefined || now >= window.until) {
      if (this.#left.size >= this.#pruneAt) this.#prune(now);
      this.#left.set(key, (window = { left: this.#uses, until: now + this.#windowMs }));
    }
    return window;
  }

  #prune(now: number): void {
    for (const [key, { until }] of this.#left) if (now >= until) this.#left.delete(key);
    // So that the work stays small for each use, however many there are.
    this.#pruneAt = Math.max(CREDITS_KEPT, 2 * this.#left.size);
  }

  /** Redis says so much is left. */
  told(key: string, left: number, now: number): void {
    const window = this.#windowOf(key, now);
    window.left = Math.min(window.left, left);
  }
}

/** The library has it, its types do not. */
type Blocking = RateLimiterRedis & { getInMemoryBlockMsBeforeExpire(key: string): number };

/**
 * A limit over all instances, counted in Redis by one script a use. A window that is used up is remembered here, so that whoever goes on regardless costs Redis
 * nothing. Where Redis can't say, or not in time, this instance counts by itself: a limit never holds anything up, and never refuses for want of an answer.
 */
export function createSharedLimit<User>(redis: RedisClient, { uses, seconds, keyOf, alone }: SharedLimitOptions<User>): SharedLimit<User> {
  const window = { points: uses, duration: seconds, keyPrefix: '' };
  const shared = new RateLimiterRedis({
    ...window,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    inMemoryBlockOnConsumed: uses,
    insuranceLimiter: new RateLimiterMemory(window),
  }) as Blocking;
  const limiter = alone ? new RLWrapperTimeouts({ limiter: shared, timeoutMs: PATIENCE_MS }) : shared;

  const quota = (allowed: boolean, { remainingPoints, msBeforeNext }: Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>): Quota => ({
    allowed,
    limit: uses,
    remaining: remainingPoints,
    // A key of Redis lives to the end of its last millisecond.
    resetMs: Math.min(seconds * 1_000, Math.max(0, msBeforeNext) + 1),
  });
  const credits = new LocalCredits(uses, seconds * 1_000);
  return {
    consume(user) {
      const key = keyOf(user);
      const msBeforeNext = shared.getInMemoryBlockMsBeforeExpire(key);
      if (msBeforeNext > 0) return { quota: quota(false, { remainingPoints: 0, msBeforeNext }), credit: false };
      const credit = credits.take(key, performance.now());
      const counted = limiter.consume(key).then(
        (result) => {
          credits.told(key, result.remainingPoints, performance.now());
          return quota(true, result);
        },
        (reason: unknown) => {
          if (reason instanceof RateLimiterRes) return quota(false, reason);
          throw reason;
        },
      );
      return { quota: counted, credit };
    },
    charge(user, more) {
      // Where Redis can't count it, this instance does (insuranceLimiter).
      shared.penalty(keyOf(user), more).catch(() => {});
    },
    async look(user) {
      const key = keyOf(user);
      // Where Redis can't say, this instance goes by what it did itself.
      const used = await redis.get(key).catch(() => null);
      if (used !== null) credits.told(key, uses - Number(used), performance.now());
    },
  };
}
