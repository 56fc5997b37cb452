import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { history, incarnations } from '../../server/audit/history.ts';
import { causeOf } from '../../server/audit/database-errors.ts';
import { EventStore } from '../../server/audit/store.ts';
import { verify } from '../../server/audit/verify.ts';
import { chess } from '../kit/games.ts';
import { hasPgBouncer, type PgBouncer, type PgBouncerOptions, startPgBouncer } from '../kit/pgbouncer.ts';
import { databaseServer, freshDatabase, migrate } from '../kit/services.ts';
import { query, silent } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

const LIMITS = { connections: 3, statementMs: 5_000 };
const never = new AbortController().signal;

/** An empty database whose connections use this time zone. */
async function elsewhere(zone: string, made = freshDatabase()): Promise<string> {
  const url = await made;
  await query(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET timezone = '${zone}'`);
  return url;
}

async function empty(): Promise<string> {
  const server = await databaseServer();
  const name = `empty_${Math.random().toString(36).slice(2)}`;
  await server.createDatabase(name);
  return server.urlOf(name);
}

/** Writes a game, reads it again, and has it verified. */
async function play(database: PrismaClient): Promise<void> {
  const recordedSession = new RecordedSession(chess())
    .do({ type: 'start' })
    .do({ type: 'switch' })
    .do({ type: 'switch' })
    .do({ type: 'complete' });
  const id = recordedSession.state.session_id;
  expect(await new EventStore(database, silent).write(recordedSession.queued, never)).to.deep.equal([]);
  const page = await history(database, id, 0, 100);
  if (typeof page === 'string') throw new Error(page);
  const read = page.events.map((event) => JSON.parse(event) as { timestamp: string });
  expect(read.map(({ timestamp }) => timestamp)).to.deep.equal(recordedSession.events.map(({ state }) => state.updated_at));
  expect((await incarnations(database, id, recordedSession.state.created_at)).map(({ created_at }) => created_at)).to.deep.equal([
    recordedSession.state.created_at,
  ]);
  expect(await verify(database, id)).to.deep.include({ rows: 5, findings: [] });
}

describe('the time zone of a database', () => {
  for (const zone of ['Asia/Kolkata', 'America/St_Johns', 'UTC']) {
    it(`A-120 what is written to the trail and read from it does not depend on the time zone of the database’s connections (${zone})`, async () => {
      const database = openDatabase(await elsewhere(zone), silent, LIMITS);
      try {
        await play(database);
      } finally {
        await closeDatabase(database, silent);
      }
    });
  }
});

describe('connection poolers', function () {
  const open: PgBouncer[] = [];
  before(function () {
    if (!hasPgBouncer) this.skip();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bouncer) => bouncer.close()));
  });
  const behind = async (url: string, options: PgBouncerOptions) => {
    const bouncer = await startPgBouncer(url, options);
    open.push(bouncer);
    return bouncer.url;
  };

  const POOLERS: Record<string, PgBouncerOptions> = {
    'transactions, start-up parameters refused': { mode: 'transaction' },
    'transactions, start-up parameters ignored': { mode: 'transaction', ignore: ['options', 'statement_timeout'] },
    'sessions, start-up parameters refused': { mode: 'session' },
  };
  for (const [what, options] of Object.entries(POOLERS)) {
    it(`A-121 the trail is written, read and verified through a pooler (${what})`, async () => {
      const database = openDatabase(await behind(await elsewhere('Asia/Kolkata'), options), silent, LIMITS);
      try {
        await Promise.all([play(database), play(database), play(database)]);
      } finally {
        await closeDatabase(database, silent);
      }
    });

    it(`A-122 migrations through a pooler are applied once, also by several processes at a time, and leave no lock behind (${what})`, async () => {
      const direct = await elsewhere('Asia/Kolkata', empty());
      const url = await behind(direct, options);
      await Promise.all([migrate(url), migrate(url), migrate(url)]);
      await migrate(url);
      expect(
        await query(
          direct,
          `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        ),
      ).to.deep.equal([]);
      const [recorded] = await query<{ all: number; names: number }>(
        direct,
        `SELECT count(*)::int AS all, count(DISTINCT migration_name)::int AS names FROM _prisma_migrations
          WHERE started_at BETWEEN now() - interval '1 hour' AND finished_at AND finished_at <= now()`,
      );
      expect(recorded?.all).to.equal(recorded?.names).and.to.be.greaterThan(2);
    });
  }

  for (const [what, ignore] of Object.entries({ refuses: [], ignores: ['options', 'statement_timeout'] })) {
    it(`A-123 a pooler that ${what} ?schema= is refused with what to do, and no table of another schema is touched`, async () => {
      const direct = await freshDatabase();
      const url = `${await behind(direct, { mode: 'transaction', ignore })}?schema=other`;
      const database = openDatabase(url, silent, LIMITS);
      const advice = /the pooler does not pass \?schema= on: leave it out and run ALTER ROLE "synckairos" SET search_path = "other"/;
      const recordedSession = new RecordedSession(chess());
      const stop = new AbortController();
      const store = new EventStore(database, silent);
      const writing = store.write(recordedSession.queued, stop.signal).then(
        () => 'written',
        () => 'given up',
      );
      const refusal = await database.$queryRaw`SELECT 1`.then(() => 'answered', causeOf);
      expect(refusal).to.match(advice);
      stop.abort();
      expect(await writing).to.equal('given up');
      await closeDatabase(database, silent);
      const { stderr } = await migrate(url).then(
        () => ({ stderr: 'migrated' }),
        (error: { stderr: string }) => error,
      );
      expect(stderr)
        .to.match(advice)
        .and.match(/^[^\n]*\n$/);
      expect(await query(direct, 'SELECT 1 FROM sync_events')).to.deep.equal([]);
    });
  }

  it('A-124 without a pooler ?schema= is passed on, and PostgreSQL itself ends a statement that takes too long', async () => {
    const url = await empty();
    await migrate(`${url}?schema=The%20other`);
    const database = openDatabase(`${url}?schema=The%20other`, silent, LIMITS);
    await play(database);
    expect(await database.$queryRaw`SHOW statement_timeout`).to.deep.equal([{ statement_timeout: '5s' }]);
    await closeDatabase(database, silent);
  });
});
