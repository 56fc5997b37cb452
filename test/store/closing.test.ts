import { once } from 'node:events';
import { expect } from 'chai';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis } from '../../server/store/connection.ts';
import { redisUrl } from '../kit/services.ts';

describe('a connection to Redis that is closed', () => {
  for (const role of ['commands', 'blocking'] as const) {
    it(`Z-30 a connection that is closed in the same tick in which it was opened stays closed (${role})`, async () => {
      const open = async () => connectRedis(await redisUrl(), role, 'test', createLogger('silent', 'test'));
      const other = await open();
      await once(other, 'ready');
      const redis = await open();
      let opened = 0;
      redis.on('connecting', () => opened++);
      redis.disconnect();
      await once(redis, 'end');
      const before = opened;
      // Another connection that was not closed reconnects; by then the first one would have done so, too.
      await other.quit();
      await once(other, 'ready');
      other.disconnect();
      expect({ opened: opened - before, status: redis.status }).to.deep.equal({ opened: 0, status: 'end' });
    });
  }
});
