import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { redisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';

describe('an instance that sees the clock of Redis jump', () => {
  let proxy: RedisProxy;
  let cluster: Cluster;

  before(async () => {
    proxy = await RedisProxy.before(await redisUrl());
    cluster = await openCluster({ REDIS_URL: proxy.url });
  });
  after(async () => {
    await cluster.close();
    await proxy.close();
  });

  it('K-25 an instance counts a jump of the clock of Redis, and refuses commands while the clock of the commit script contradicts its own', async () => {
    const instance = await cluster.instance();
    const client = await cluster.client(instance);
    const metric = async (name: string) =>
      Number(new RegExp(`^${name} (\\S+)`, 'm').exec((await rest(instance, 'GET', '/metrics')).text)?.[1]);
    const game = chess();
    await client.ok('session:create', game);
    await client.ok('session:start', { session_id: game.session_id });

    proxy.jumpMs = 5_000;
    await until('the jump is counted', async () => (await metric('synckairos_clock_jumps_total')) === 1);
    const { retryable } = await client.refused('SERVICE_UNAVAILABLE', 'session:switch', { session_id: game.session_id });
    expect(retryable).to.equal(true);
    await until('both refusals are counted', async () => (await metric('synckairos_clock_refusals_total')) === 2);
    expect(await client.ok('session:get', { session_id: game.session_id })).to.include({ version: 2 });

    proxy.jumpMs = 0;
    await until('the way back is counted', async () => (await metric('synckairos_clock_jumps_total')) === 2);
    expect(await client.ok('session:switch', { session_id: game.session_id })).to.include({ version: 3 });
  });
});
