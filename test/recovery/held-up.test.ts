import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { createKeys } from '../../server/store/keys.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';

/** Longer than a gap between marks that counts as an outage. */
const HELD_UP_MS = 6_000;

describe('an instance whose commands are held up on their way to Redis', () => {
  let cluster: Cluster;
  let proxy: RedisProxy;
  afterEach(async () => {
    await cluster.close();
    await proxy.close();
  });

  it('Q-85 an instance whose commands are held up causes no outage, since its marks of life use another connection', async () => {
    proxy = await RedisProxy.before(await oneRedisUrl());
    cluster = await openCluster({ REDIS_URL: proxy.url });
    await cluster.instance();
    const keys = createKeys(cluster.settings.KEY_PREFIX);
    const redis = cluster.redis();
    const marked = async () => Number(await redis.get(keys.mark));
    proxy.only = 'synckairos-commands';
    proxy.thereMs = HELD_UP_MS;
    // Time itself is what is tested.
    await wait(HELD_UP_MS);
    proxy.thereMs = 0;
    const before = await marked();
    await until('two marks more', async () => (await marked()) > before + 1_500);
    expect(await redis.lrange(keys.outages, 0, -1)).to.deep.equal([]);
  });
});
