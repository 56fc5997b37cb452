import { expect } from 'chai';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { blockedMs } from '../../server/internals/rate-limiter-flexible.ts';
import { freshPrefix, oneRedisUrl } from '../kit/services.ts';

describe('the private parts of rate-limiter-flexible', () => {
  it('R-98 rate-limiter-flexible tells for how long a key that is used up is refused without Redis, and 0 for any other', async () => {
    const redis = new Redis(await oneRedisUrl());
    try {
      const limiter = new RateLimiterRedis({ points: 2, duration: 60, keyPrefix: '', storeClient: redis, inMemoryBlockOnConsumed: 2 });
      const [key, other] = [freshPrefix(), freshPrefix()];
      await limiter.consume(key);
      expect(blockedMs(limiter, key)).to.equal(0);
      await limiter.consume(key);
      expect(blockedMs(limiter, key)).to.be.greaterThan(0).and.at.most(60_000);
      expect(blockedMs(limiter, other)).to.equal(0);
    } finally {
      redis.disconnect();
    }
  });
});
