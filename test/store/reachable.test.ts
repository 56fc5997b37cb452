import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { createTrail } from '../../server/audit/trail.ts';
import { StoreUnavailableError } from '../../server/engine/ports.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis, type RedisClient } from '../../server/store/connection.ts';
import { reachable } from '../../server/store/reachable.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';

const silent = createLogger('silent', 'test');

/** What a promise is rejected with. */
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it went well'),
    (error: unknown) => error,
  );

describe('errors of Redis', () => {
  let server: Awaited<ReturnType<typeof startOwnRedis>>;
  let redis: RedisClient;
  let admin: RedisClient;
  const open = async (name: string) => {
    const opened = connectRedis(server.url, 'commands', name, silent);
    await new Promise<void>((resolve) => opened.once('ready', () => resolve()));
    return opened;
  };
  beforeEach(async () => {
    server = await startOwnRedis();
    redis = await open('test');
    admin = await open('admin');
  });
  afterEach(async () => {
    redis.disconnect();
    admin.disconnect();
    await server.stop();
  });
  const outage = async (work: () => Promise<unknown>) =>
    expect(await errorOf(reachable(work))).to.be.instanceOf(StoreUnavailableError, 'an outage');

  it('S-70 a connection that is lost, ended or never made is an outage', async () => {
    const under = redis.blpop('nothing', 0);
    const lost = outage(() => under);
    await server.stop();
    await lost;
    await outage(() => redis.get('key'));
    redis.disconnect();
    await outage(() => redis.get('key'));
    const nowhere = connectRedis('redis://127.0.0.1:1', 'commands', 'nowhere', silent);
    await new Promise<void>((resolve) => nowhere.once('close', () => resolve()));
    await outage(() => nowhere.get('key'));
    nowhere.disconnect();
  });

  it('S-70 a Redis that hangs, is full, is read-only or has too few replicas is an outage, in a transaction too', async () => {
    await admin.call('CLIENT', 'PAUSE', '1500', 'ALL');
    await outage(() => redis.get('key'));
    admin.disconnect();
    admin = await open('admin');
    await admin.call('CONFIG', 'SET', 'maxmemory', '1');
    await outage(() => redis.set('key', 'value'));
    await outage(() => redis.multi().set('key', 'value').exec());
    await admin.call('CONFIG', 'SET', 'maxmemory', '0');
    await admin.call('CONFIG', 'SET', 'min-replicas-to-write', '1');
    await outage(() => redis.set('key', 'value'));
    await admin.call('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    await outage(() => redis.set('key', 'value'));
  });

  it('S-71 an error that shows a bug is not reported as an outage', async () => {
    await redis.set('text', 'text');
    const wrong = await errorOf(reachable(() => redis.hget('text', 'field')));
    expect(wrong)
      .to.have.property('message')
      .that.matches(/^WRONGTYPE/);
    expect(wrong).not.to.be.instanceOf(StoreUnavailableError);
    for (const mistake of [new Error('a reply that nobody expects'), new RangeError('Invalid time value'), new SyntaxError('no JSON')]) {
      expect(await errorOf(reachable(() => Promise.reject(mistake)))).to.equal(mistake);
    }
  });
});

describe("errors of the trail's database", () => {
  it('S-70 a database that does not answer, is not set up or takes too long is an outage', async () => {
    const database = await freshDatabase();
    const other = openDatabase(database, silent, { connections: 1, statementMs: 10_000 });
    const empty = new URL(database);
    empty.searchParams.set('schema', 'nothing_there');
    const urls = ['postgresql://nobody@127.0.0.1:1/nothing', database.replace(/\/[^/?]+(\?|$)/, '/no_such_database$1'), empty.href];
    for (const databaseUrl of urls) {
      const trail = createTrail({ databaseUrl, logger: silent });
      expect(await errorOf(trail.newest('game')), databaseUrl).to.be.instanceOf(StoreUnavailableError);
      expect(await errorOf(trail.history('game', 0, 1)), databaseUrl).to.be.instanceOf(StoreUnavailableError);
      await trail.close();
    }
    const trail = createTrail({ databaseUrl: database, logger: silent });
    expect(await trail.newest('game')).to.equal('unknown');
    await other.$transaction(
      async (locked) => {
        await locked.$executeRaw`LOCK TABLE sync_sessions IN ACCESS EXCLUSIVE MODE`;
        expect(await errorOf(trail.newest('game'))).to.be.instanceOf(StoreUnavailableError);
      },
      { timeout: 10_000 },
    );
    await trail.close();
    await closeDatabase(other, silent);
  });

  it('S-71 an error that shows a bug is not reported as an outage', async () => {
    const trail = createTrail({ databaseUrl: await freshDatabase(), logger: silent });
    // PostgreSQL's texts hold no NUL.
    for (const error of await Promise.all([trail.newest('game\0'), trail.history('game\0', 0, 1)].map(errorOf))) {
      expect(error).to.be.instanceOf(Error).and.not.instanceOf(StoreUnavailableError);
    }
    await trail.close();
  });
});
