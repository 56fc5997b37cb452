import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { rest } from '../kit/rest.ts';
import { openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';

/** How long Redis takes to answer, so that a message is told long after it came. */
const SLOW_MS = 300;

describe('when a message came', () => {
  it('C-90 a message tells when it reached the server, however late it is told', async () => {
    const proxy = await RedisProxy.before(await oneRedisUrl());
    const cluster = await openCluster({ REDIS_URL: proxy.url });
    try {
      const app = await cluster.instance();
      const player = await cluster.client(app);
      const { session_id } = await player.ok('session:create', chess());
      proxy.backMs = SLOW_MS;
      const [before, , after] = await Promise.all([
        player.ok('time:sync', {}),
        player.ok('session:message', { session_id, message: 'in time' }),
        player.ok('time:sync', {}),
      ]);
      const { arrived_at_ms = Number.NaN, server_time_ms } = await player.next('session:message');
      expect(arrived_at_ms).to.be.within(Math.floor(before.server_receive_time_ms), after.server_receive_time_ms);
      expect(Number.isInteger(arrived_at_ms)).to.equal(true);
      expect(server_time_ms - arrived_at_ms).to.be.at.least(SLOW_MS - 1);

      const sent = await player.ok('time:sync', {});
      expect((await rest(app, 'POST', `/v1/sessions/${session_id}/message`, { message: 'by REST' })).status).to.equal(200);
      const told = await player.next('session:message', ({ message }) => message === 'by REST');
      expect(told.arrived_at_ms).to.be.within(Math.floor(sent.server_receive_time_ms), told.server_time_ms - SLOW_MS + 1);
      proxy.backMs = 0;
    } finally {
      await cluster.close();
      await proxy.close();
    }
  });
});
