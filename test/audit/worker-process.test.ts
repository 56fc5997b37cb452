import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { argumentsFor } from '../kit/programs.ts';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { type Bench, bench, eventsOf, put, query, storedRows, until } from './kit.ts';

describe('npm run start:worker', () => {
  const children: ChildProcess[] = [];

  async function start(env: Record<string, string>): Promise<ChildProcess> {
    const child = spawn(process.execPath, await argumentsFor('worker'), {
      env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.resume();
    children.push(child);
    return child;
  }

  async function end(child: ChildProcess): Promise<unknown> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode;
  }

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await end(child);
    }
  });

  it('A-154 the worker ends with 1 after one line that names the variable that is wrong', async () => {
    const complaint = async (env: Record<string, string>) => {
      const child = await start(env);
      const [said, code] = await Promise.all([text(child.stderr!), end(child)]);
      return `${String(code)} ${said}`;
    };
    const redis = await redisUrl();
    expect(await complaint({})).to.equal('1 REDIS_URL must be set\n');
    expect(await complaint({ REDIS_URL: redis })).to.equal('1 DATABASE_URL must be set\n');
    expect(await complaint({ REDIS_URL: redis, DATABASE_URL: 'secret' }))
      .to.match(/^1 DATABASE_URL must be a URL .*\n$/)
      .and.not.include('secret');
  });

  it('A-154 the worker ends with 0 on SIGTERM and SIGINT, also while Redis or PostgreSQL is away', async () => {
    const nowhere = { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };
    const half = { ...nowhere, REDIS_URL: await redisUrl(), KEY_PREFIX: freshPrefix(), LOG_LEVEL: 'info' };
    for (const [env, signal] of [
      [nowhere, 'SIGTERM'],
      [half, 'SIGINT'],
    ] as const) {
      const child = await start(env);
      // Its first line of log comes after the handlers stand.
      await once(child.stdout!, 'data');
      child.kill(signal);
      expect(await end(child)).to.equal(0);
    }
  });

  describe('with games under way', () => {
    let database: string;
    let prefix: string;
    let b: Bench;
    const worker = async () => start({ REDIS_URL: await redisUrl(), DATABASE_URL: database, KEY_PREFIX: prefix });

    beforeEach(async () => {
      database = await freshDatabase();
      prefix = freshPrefix();
      b = bench(await redisUrl(), prefix, database);
    });
    afterEach(() => b.close());

    it('A-155 the worker moves every event to PostgreSQL, and ends on SIGTERM', async () => {
      const child = await worker();
      await put(b.redis, prefix, eventsOf('game', 1, 500));
      await until('all rows', async () => (await storedRows(database)).length === 500 && (await b.drained()));
      child.kill('SIGTERM');
      expect(await end(child)).to.equal(0);
    });

    it('A-155 after a worker was killed another one completes the trail', async () => {
      // Makes each statement slow enough to be killed in the middle of several.
      await query(database, `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END'`);
      await query(database, 'CREATE TRIGGER slow AFTER INSERT ON sync_events FOR EACH STATEMENT EXECUTE FUNCTION slow()');
      for (let game = 1; game <= 8; game++) await put(b.redis, prefix, eventsOf(`game-${game}`, 1, 1000));
      const child = await worker();
      await until('the first rows', async () => (await storedRows(database)).length > 0);
      child.kill('SIGKILL');
      await end(child);
      expect(await storedRows(database)).to.have.length.below(8000);
      await worker();
      await until('all rows', async () => (await storedRows(database)).length === 8000, 40_000);
      await until('drained', () => b.drained());
      expect(await b.queue.getFailedCount()).to.equal(0);
    });
  });
});
