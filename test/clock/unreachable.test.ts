import { expect } from 'chai';
import { StoreUnavailableError } from '../../server/engine/ports.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis } from '../../server/store/connection.ts';
import { timeAt } from '../../server/store/time.ts';
import { startOwnRedis } from '../kit/services.ts';

describe('the clock of a Redis that is out of reach', () => {
  it('K-26 when Redis does not answer a fresh sample of the clock, the command is answered with SERVICE_UNAVAILABLE', async () => {
    const server = await startOwnRedis();
    const redis = connectRedis(server.url, 'commands', 'test', createLogger('silent', 'test'));
    try {
      await new Promise<void>((resolve) => redis.once('ready', () => resolve()));
      expect(await timeAt(redis, 'clock')).to.be.above(0);
      await server.stop();
      const refused = await timeAt(redis, 'clock').catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(StoreUnavailableError);
    } finally {
      redis.disconnect();
    }
  });
});
