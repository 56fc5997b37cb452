import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { type RedisGroup } from '../kit/redis-cluster.ts';
import { startRedisSentinel } from '../kit/redis-sentinel.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { insist } from '../clients/insist.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';

describe('Sentinels and servers that want passwords', () => {
  let group: RedisGroup;
  let cluster: Cluster;
  before(async () => {
    group = await startRedisSentinel({ redis: 'of-redis', sentinel: 'of-sentinels' });
  });
  after(async () => {
    await cluster?.close();
    await group.stop();
  });

  it('F-3 Sentinels and their master get the passwords, also after a failover', async () => {
    cluster = await openCluster({ REDIS_URL: group.url, DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
    const player = await cluster.client(await cluster.instance());
    const { session_id } = await insist(player, 'session:create', chess({ command_id: 'create' }));
    const master = await group.masterOf('');
    await master.kill();
    await until('another master', async () => (await group.masterOf('')).port !== master.port, 30_000);
    const { version } = await insist(player, 'session:start', { session_id, command_id: 'start' });
    const rows = async () => (await insist(player, 'session:history', { session_id })).events.map((event) => event.version);
    await until('the trail goes on', async () => (await rows()).includes(version), 30_000);
  });

  it('F-3 wrong passwords of Sentinels or of their master end the start', async () => {
    const wrong = { 'of-redis': /^REDIS_URL: Redis asks for /, 'of-sentinels': /^REDIS_URL: no Redis answers there$/ };
    for (const [password, told] of Object.entries(wrong)) {
      const url = group.url.replace(password, 'wrong');
      const refused = await cluster.instance({ REDIS_URL: url }).then(
        () => 'started',
        (error: Error) => error.message,
      );
      expect(refused).to.match(told);
    }
  });
});
