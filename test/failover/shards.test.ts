import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { queuePrefix } from '../../server/audit/queue.ts';
import { partitionOf } from '../../server/domain/partitions.ts';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { createKeys } from '../../server/store/keys.ts';
import { type Bench, bench, eventsOf, put, storedRows, until } from '../audit/kit.ts';
import { cutOff, type RedisGroup, startRedisCluster } from '../kit/redis-cluster.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, freshPrefix } from '../kit/services.ts';

const PROBES = 30;

describe('a cluster of which one shard is away', () => {
  let group: RedisGroup;
  let prefix: string;
  let database: string;
  let b: Bench;
  let sessions: { id: string; master: PrivateRedis }[];
  let queueMaster: PrivateRedis;

  before(async () => {
    group = await startRedisCluster();
  });
  after(() => group.stop());

  beforeEach(async () => {
    prefix = freshPrefix();
    database = await freshDatabase();
    b = bench(group.url, prefix, database);
    queueMaster = await group.masterOf(queuePrefix(prefix));
    sessions = await Promise.all(
      Array.from({ length: 24 }, async (_, game) => {
        const id = `game-${game}`;
        return { id, master: await group.masterOf(createKeys(prefix).partition(partitionOf(id)).outbox) };
      }),
    );
  });
  afterEach(() => b.close());

  /** Stops a shard that has neither the queue nor the clock, replica and all; what it returns lets it go on. */
  const stopShard = async () => {
    const clock = await group.masterOf(createKeys(prefix).clock);
    const away = sessions.find(({ master }) => master.port !== queueMaster.port && master.port !== clock.port);
    if (away === undefined) throw new Error('no such shard');
    const key = createKeys(prefix).partition(partitionOf(away.id)).outbox;
    // The former test may have made the replica the master meanwhile.
    const master = await group.masterOf(key);
    const pids = [...(await group.replicasOf(key)), master].map(({ pid }) => pid);
    expect(pids, 'a master and its replica').to.have.length(2);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return { port: master.port, goOn: () => pids.forEach((pid) => process.kill(pid, 'SIGCONT')) };
  };
  const rows = (ids: string[]) => ids.flatMap((id) => [1, 2, 3].map((version) => `${id} 1 ${version}`)).toSorted();

  it('F-15 while a master is away the trail of the others goes on, and its own is complete when it is back', async () => {
    for (const { id } of sessions) await put(b.redis, prefix, eventsOf(id, 1, 3));
    const shard = await stopShard();
    const writer = b.writer();
    const others = sessions.filter(({ master }) => master.port !== shard.port).map(({ id }) => id);
    try {
      await until('the rows of the others', async () => (await storedRows(database)).length === rows(others).length, 30_000);
      expect(await storedRows(database)).to.deep.equal(rows(others));
      await until('trouble to show', () => writer.status() === 'degraded', 30_000);
    } finally {
      shard.goOn();
    }
    await until('all rows', async () => (await storedRows(database)).length === rows(sessions.map(({ id }) => id)).length, 30_000);
    await until('health', () => writer.status() === 'ok', 30_000);
  });

  it('F-16 an instance stays ready while a master is away, and names the degraded part', async () => {
    let cluster: Cluster | undefined;
    const shard = { goOn: () => {} };
    try {
      cluster = await openCluster({ REDIS_URL: group.url, KEY_PREFIX: prefix });
      const app = await cluster.instance();
      const answers = async () => {
        const { status, json } = await rest(app, 'GET', '/ready');
        return [status, (json()['checks'] as { redis: string }).redis];
      };
      await until('it is whole', async () => (await answers())[1] === 'ok', 30_000);
      Object.assign(shard, await stopShard());
      await until('it notices', async () => (await answers())[1] === 'degraded');
      for (let probe = 0; probe < PROBES; probe++) {
        expect(await answers()).to.deep.equal([200, 'degraded']);
        await wait(50);
      }
      shard.goOn();
      await until('it is whole again', async () => (await answers())[1] === 'ok', 30_000);
    } finally {
      shard.goOn();
      await cluster?.close();
    }
  });

  // The last one: the shard of the queue has no replica afterwards.
  it('F-14 events stay in the outbox until a replica has their job: the queue’s master may die with it', async () => {
    const game = sessions.find(({ master }) => master.port !== queueMaster.port)?.id ?? '';
    await b.queue.pause();
    for (const replica of await group.replicasOf(queuePrefix(prefix))) await cutOff(replica);
    await put(b.redis, prefix, eventsOf(game, 1, 3));
    const writer = b.writer();
    await until('the job is in the queue', async () => (await b.queue.getWaitingCount()) === 1);
    const isEmpty = async () => (await b.outbox.oldest(partitionOf(game))) === null;
    await until('the relay has done what it does', async () => writer.status() === 'down' || (await isEmpty()));
    await queueMaster.kill();
    await until('another master', async () => (await group.masterOf(queuePrefix(prefix))).port !== queueMaster.port);
    await b.queue.resume();
    await until('all rows', async () => (await storedRows(database)).length === 3, 30_000);
    expect(await storedRows(database)).to.deep.equal(rows([game]));
    await until('drained', () => b.drained(), 30_000);
  });
});
