import { expect } from 'chai';
import { applyMigrations } from '../../server/audit/migrate.ts';
import { createTrail } from '../../server/audit/trail.ts';
import { partitionOf } from '../../server/domain/partitions.ts';
import { freshDatabase, freshDirectory, freshPrefix, redisUrl, startOwnPostgres, startOwnRedis } from '../kit/services.ts';
import { type Bench, bench, eventOf, eventsOf, put, query, silent, storedRows, until } from './kit.ts';

// With synchronous commits PostgreSQL loses no acknowledged transaction in a crash.
const settings = { synchronous_commit: 'on' };

async function migratedPostgres() {
  const directory = await freshDirectory('postgres');
  const server = await startOwnPostgres({ directory, settings });
  await applyMigrations(server.url);
  return { server, restart: () => startOwnPostgres({ directory, port: server.port, settings }) };
}

/** Stops the server and all that serve its connections, as a machine that hangs. Returns how to wake them. */
async function hang(url: string, pid: number): Promise<() => void> {
  const backends = await query<{ pid: number }>(url, 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  const pids = [pid, ...backends.map((backend) => backend.pid)];
  for (const each of pids) process.kill(each, 'SIGSTOP');
  return () => pids.forEach((each) => process.kill(each, 'SIGCONT'));
}

/** How long something takes, ms. */
async function duration(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work;
  return performance.now() - begin;
}

/** Attempts that jobs have spent, whatever became of the jobs. */
async function spentAttempts(b: Bench): Promise<number> {
  const jobs = await b.queue.getJobs(['waiting', 'active', 'delayed', 'failed', 'completed']);
  return jobs.reduce((sum, job) => sum + job.attemptsMade, 0);
}

describe('while PostgreSQL is away', () => {
  it('A-146 while PostgreSQL is away events wait without spending an attempt, and all arrive after its return', async () => {
    const { server, restart } = await migratedPostgres();
    const prefix = freshPrefix();
    const b = bench(await redisUrl(), prefix, server.url);
    try {
      const writer = b.writer();
      let version = 0;
      const play = async (moves: number) => {
        await put(b.redis, prefix, eventsOf('game', version + 1, version + moves));
        version += moves;
      };
      await play(20);
      await until('first rows', async () => (await storedRows(server.url)).length === 20);
      await server.stop();
      for (let burst = 0; burst < 15; burst++) {
        await play(20);
        await until('the outbox to be relayed', async () => (await b.outbox.oldest(partitionOf('game'))) === null);
      }
      await until('trouble to show', () => writer.status() === 'degraded');
      await until('ten jobs in hand', async () => (await b.queue.getActiveCount()) === 10);
      expect(await spentAttempts(b)).to.equal(0);

      const again = await restart();
      await until('all rows', async () => (await storedRows(again.url)).length === 320);
      expect(await storedRows(again.url)).to.have.members(Array.from({ length: 320 }, (_, index) => `game 1 ${index + 1}`));
      expect(await b.queue.getFailedCount()).to.equal(0);
      await until('health', () => writer.status() === 'ok');
    } finally {
      await b.close();
    }
  });

  it('A-146 a crash of PostgreSQL in the middle of the stream loses and repeats nothing', async () => {
    const { server, restart } = await migratedPostgres();
    const prefix = freshPrefix();
    const b = bench(await redisUrl(), prefix, server.url);
    try {
      b.writer();
      const games = Array.from({ length: 20 }, (_, index) => `game-${index}`);
      for (const game of games) await put(b.redis, prefix, eventsOf(game, 1, 200, { state: { metadata: { filler: 'x'.repeat(2000) } } }));
      await until('the first rows', async () => (await storedRows(server.url)).length > 0);
      await server.kill();
      const again = await restart();
      await until('all rows', async () => (await storedRows(again.url)).length === 4000);
      await until('an empty queue', () => b.drained());
      expect(await b.queue.getFailedCount()).to.equal(0);
    } finally {
      await b.close();
    }
  });

  it('A-147 while PostgreSQL is away a writer that closes ends in time and gives its jobs back, and the next writer stores them', async () => {
    const { server, restart } = await migratedPostgres();
    const prefix = freshPrefix();
    const b = bench(await redisUrl(), prefix, server.url);
    try {
      const writer = b.writer();
      await server.stop();
      await put(b.redis, prefix, eventsOf('game', 1, 10));
      await until('a job in hand', async () => (await b.queue.getActiveCount()) === 1);
      expect(await duration(writer.close())).to.be.below(10_000);
      expect(await b.queue.getJobCounts('waiting', 'active')).to.deep.equal({ waiting: 1, active: 0 });
      expect(await spentAttempts(b)).to.equal(0);
      const again = await restart();
      b.writer();
      await until('all rows', async () => (await storedRows(again.url)).length === 10);
    } finally {
      await b.close();
    }
  });

  it('A-147 a PostgreSQL that hangs holds up neither a writer that closes nor a request for history', async () => {
    const { server } = await migratedPostgres();
    const prefix = freshPrefix();
    const b = bench(await redisUrl(), prefix, server.url);
    let wake = () => {};
    const trail = createTrail({ databaseUrl: server.url, logger: silent });
    try {
      const writer = b.writer();
      expect(await trail.ping()).to.equal(true);
      wake = await hang(server.url, server.pid);
      await put(b.redis, prefix, [eventOf('game', 1)]);
      await until('a job in hand', async () => (await b.queue.getActiveCount()) === 1);
      expect(await duration(writer.close())).to.be.below(10_000);
      expect(await duration(trail.history('game', 0, 10).catch(() => {}))).to.be.below(10_000);
      expect(await trail.ping()).to.equal(false);
      expect(await duration(trail.close())).to.be.below(10_000);
    } finally {
      wake();
      await trail.close();
      await b.close();
    }
  });
});

describe('while Redis is away', () => {
  it('A-148 the writer goes on by itself after Redis has returned', async () => {
    const directory = await freshDirectory('redis');
    const redis = await startOwnRedis({ directory });
    const prefix = freshPrefix();
    const database = await freshDatabase();
    const b = bench(redis.url, prefix, database);
    try {
      const writer = b.writer();
      await put(b.redis, prefix, eventsOf('game', 1, 10));
      await until('first rows', async () => (await storedRows(database)).length === 10);
      await redis.kill();
      await until('trouble to show', () => writer.status() === 'down');
      await startOwnRedis({ directory, port: redis.port });
      await put(b.redis, prefix, eventsOf('game', 11, 20));
      await until('all rows', async () => (await storedRows(database)).length === 20);
      await until('health', () => writer.status() === 'ok');
    } finally {
      await b.close();
    }
  });

  it('A-148 while Redis is away a writer closes in time', async () => {
    const redis = await startOwnRedis();
    const b = bench(redis.url, freshPrefix(), await freshDatabase());
    const writer = b.writer();
    await until('health', () => writer.status() === 'ok');
    await redis.kill();
    await until('trouble to show', () => writer.status() === 'down');
    expect(await duration(writer.close())).to.be.below(10_000);
    await b.close();
  });

  it('A-148 while Redis and PostgreSQL are away a writer with jobs closes in time', async () => {
    const redis = await startOwnRedis();
    const prefix = freshPrefix();
    const b = bench(redis.url, prefix, 'postgresql://nobody@127.0.0.1:1/nothing');
    const writer = b.writer();
    await put(b.redis, prefix, eventsOf('game', 1, 600));
    await until('jobs in hand', async () => (await b.queue.getActiveCount()) > 1);
    await redis.kill();
    await until('trouble to show', () => writer.status() === 'down');
    expect(await duration(writer.close())).to.be.below(10_000);
    await b.close();
  });

  it('A-148 a writer that never reached Redis closes in time', async () => {
    const redis = await startOwnRedis();
    await redis.kill();
    const b = bench(redis.url, freshPrefix(), await freshDatabase());
    const writer = b.writer();
    await until('trouble to show', () => writer.status() === 'down');
    expect(await duration(writer.close())).to.be.below(10_000);
    await b.close();
  });
});
