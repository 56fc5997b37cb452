import type { RateLimiterRedis } from 'rate-limiter-flexible';

interface Private {
  getInMemoryBlockMsBeforeExpire(key: string): number;
}

/**
 * For how many ms a limiter of rate-limiter-flexible 11.4.0 refuses a key without asking Redis; 0 if it would ask.
 * Calls its method `getInMemoryBlockMsBeforeExpire`, which its types leave out. The limiter's `keyPrefix` must be
 * empty: the method takes the key as it is in Redis.
 */
export function blockedMs(limiter: RateLimiterRedis, key: string): number {
  return (limiter as unknown as Private).getInMemoryBlockMsBeforeExpire(key);
}
