import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, RLWrapperTimeouts } from 'rate-limiter-flexible';
import type { Quota, SharedLimit } from '../transport/limit-ports.ts';
import { blockedMs } from '../internals/rate-limiter-flexible.ts';
import type { RedisClient } from './connection.ts';

/** Nobody waits longer than this for Redis' answer to a limit. */
const PATIENCE_MS = 50;

export interface SharedLimitOptions<User> {
  /** How many uses a window allows. */
  uses: number;
  /** Length of a window, which begins with its first use. Seconds. */
  seconds: number;
  /** The key in Redis of whoever uses. It expires with the window. */
  keyOf(user: User): string;
}

/**
 * A limit over all instances, counted in Redis by one script a use. A window that is used up is remembered here, so
 * that whoever goes on regardless costs Redis nothing. Where Redis can't say, or not in time, this instance counts by
 * itself: a limit never holds anything up, and never refuses for want of an answer.
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
    // A key of Redis lives to the end of its last millisecond.
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
      // Where Redis can't count it, this instance does (insuranceLimiter).
      shared.penalty(keyOf(user), more).catch(() => {});
    },
  };
}
