import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, RLWrapperTimeouts } from 'rate-limiter-flexible';
import type { Quota, SharedLimit } from '../transport/limit-ports.ts';
import { blockedMs } from '../internals/rate-limiter-flexible.ts';
import type { RedisClient } from './connection.ts';

/** Longest that a request waits for the shared counter, ms; then this instance decides alone. */
const PATIENCE_MS = 50;

export interface SharedLimitOptions<User> {
  /** How many uses a window allows. */
  uses: number;
  /** Length of a window, which begins with its first use. Seconds. */
  seconds: number;
  /** The user's key in Redis. It expires with the window. */
  keyOf(user: User): string;
}

/**
 * A limit over all instances; one script in Redis counts each use. When a window is used up, this instance remembers it
 * and refuses without asking Redis. When Redis does not answer in time, this instance counts alone: the limit delays
 * nothing, and a missing answer never refuses a use.
 */
export function createSharedLimit<User>(redis: RedisClient, { uses, seconds, keyOf }: SharedLimitOptions<User>): SharedLimit<User> {
  const window = { points: uses, duration: seconds, keyPrefix: '' };
  const shared = new RateLimiterRedis({
    ...window,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    inMemoryBlockOnConsumed: uses,
    insuranceLimiter: new RateLimiterMemory(window),
  });
  const limiter = new RLWrapperTimeouts({ limiter: shared, timeoutMs: PATIENCE_MS });

  const quota = (allowed: boolean, { remainingPoints, msBeforeNext }: Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>): Quota => ({
    allowed,
    limit: uses,
    remaining: remainingPoints,
    // A key in Redis expires only after its last millisecond.
    resetMs: Math.min(seconds * 1_000, Math.max(0, msBeforeNext) + 1),
  });
  return {
    consume(user) {
      const key = keyOf(user);
      const msBeforeNext = blockedMs(shared, key);
      if (msBeforeNext > 0) return quota(false, { remainingPoints: 0, msBeforeNext });
      return limiter.consume(key).then(
        (result) => quota(true, result),
        (reason: unknown) => {
          if (reason instanceof RateLimiterRes) return quota(false, reason);
          throw reason;
        },
      );
    },
    charge(user, more) {
      // If Redis does not answer, this instance counts it (insuranceLimiter).
      shared.penalty(keyOf(user), more).catch(() => {});
    },
  };
}
