import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { mastersOf } from '../kit/redis.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import { crowdOf } from '../store/unattended-session.ts';
import { until } from '../kit/until.ts';

const READERS = 100;
const BACK_MS = 500;

describe('reads of one session that come at once', () => {
  let cluster: Cluster;
  let proxy: RedisProxy | undefined;
  afterEach(async () => {
    await cluster.close();
    await proxy?.close();
  });

  it('Q-81 a hundred concurrent readers share a few reads of Redis, and all get the state', async () => {
    cluster = await openCluster();
    const client = await cluster.client(await cluster.instance());
    const { session_id } = await client.ok(
      'session:create',
      chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 60_000, participants: crowdOf(100) }),
    );
    const nodes = await mastersOf(cluster.redis());
    const reads = async () => {
      const infos = await Promise.all(nodes.map((node) => node.info('commandstats')));
      return infos.reduce((sum, info) => sum + Number(/cmdstat_get:calls=(\d+)/.exec(info)?.[1] ?? 0), 0);
    };
    const before = await reads();
    const states = await Promise.all(Array.from({ length: READERS }, () => client.ok('session:get', { session_id })));
    // A read by itself takes three commands; background work reads now and then.
    expect((await reads()) - before).to.be.below((READERS * 3) / 2);
    for (const state of states) expect(state.participants).to.have.length(100);
  });

  it('Q-81 no reader gets a state older than what was committed before they asked', async () => {
    const redisUrl = await oneRedisUrl();
    proxy = await RedisProxy.before(redisUrl);
    cluster = await openCluster({ REDIS_URL: redisUrl });
    const [near, far] = [await cluster.instance(), await cluster.instance({ REDIS_URL: proxy.url })];
    const [player, reader, joiner] = [await cluster.client(near), await cluster.client(far), await cluster.client(far)];
    const { session_id } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    await reader.ok('session:get', { session_id });
    const [node] = await mastersOf(cluster.redis());
    const reads = async () => Number(/cmdstat_get:calls=(\d+)/.exec((await node?.info('commandstats')) ?? '')?.[1]);
    proxy.only = 'synckairos-commands';
    proxy.backMs = BACK_MS;
    const before = await reads();
    const early = reader.ok('session:get', { session_id });
    await until('Redis has answered the first', async () => (await reads()) > before);
    const { version } = await player.ok('session:switch', { session_id });
    const [joined, read] = await Promise.all([joiner.ok('session:join', { session_id }), reader.ok('session:get', { session_id })]);
    expect((await early).version, 'the first').to.equal(version - 1);
    expect([joined.state.version, read.version]).to.deep.equal([version, version]);
  });
});
