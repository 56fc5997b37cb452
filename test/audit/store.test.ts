import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { EventStore } from '../../server/audit/store.ts';
import { freshDatabase } from '../kit/services.ts';
import { eventOf, eventsOf, query, silent, storedRows, until } from './kit.ts';

const never = new AbortController().signal;

describe('storing events', () => {
  let url: string;
  let database: PrismaClient;
  let store: EventStore;

  beforeEach(async () => {
    url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 5, statementMs: 500 });
    store = new EventStore(database, silent);
  });
  afterEach(() => closeDatabase(database, silent));

  it('A-143 a batch that takes longer than a statement may is stored in parts', async () => {
    await query(url, `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END'`);
    await query(url, 'CREATE TRIGGER slow AFTER INSERT ON sync_events FOR EACH ROW EXECUTE FUNCTION slow()');
    expect(await store.write(eventsOf('game', 1, 8), never)).to.deep.equal([]);
    expect(await storedRows(url)).to.have.lengthOf(8);
    expect(store.reachable).to.equal(true);
  });

  it('A-144 a row that another transaction has locked is waited for, not refused', async () => {
    await store.write([eventOf('game', 1)], never);
    await query(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET lock_timeout = 100`);
    const own = openDatabase(url, silent, { connections: 1, statementMs: 5000 });
    const patient = new EventStore(own, silent);
    const holding = query(url, `BEGIN; SELECT 1 FROM sync_sessions FOR UPDATE; SELECT pg_sleep(600)`).catch(() => []);
    const HOLDER = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'BEGIN;%' AND wait_event = 'PgSleep'`;
    await until('the lock', async () => (await query(url, `SELECT 1 ${HOLDER}`)).length === 1);
    const writing = patient.write([eventOf('game', 2)], never);
    await until('trouble to show', () => !patient.reachable);
    await query(url, `SELECT pg_terminate_backend(pid) ${HOLDER}`);
    await holding;
    expect(await writing).to.deep.equal([]);
    await closeDatabase(own, silent);
  });

  it('A-141 writers that write events of the same sessions at once do not deadlock', async () => {
    const sessions = Array.from({ length: 40 }, (_, index) => `game-${index}`);
    const batchOf = (version: number) => sessions.map((session) => eventOf(session, version));
    const batches = [batchOf(1), batchOf(2).toReversed(), batchOf(3), batchOf(4).toReversed(), batchOf(1).toReversed()];
    const refused = await Promise.all(batches.map((batch) => store.write(batch, never)));
    expect(refused.flat()).to.deep.equal([]);
    expect(await storedRows(url)).to.have.lengthOf(160);
    expect(await query(url, 'SELECT DISTINCT version FROM sync_sessions')).to.deep.equal([{ version: 4 }]);
    const [counts] = await query<{ deadlocks: number }>(
      url,
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(counts?.deadlocks).to.equal(0);
  });

  it('A-144 a writer that waits for the database stops waiting when it is closed', async () => {
    const away = openDatabase('postgresql://nobody@127.0.0.1:1/nothing', silent, { connections: 1, statementMs: 500 });
    const waiting = new EventStore(away, silent);
    const stop = new AbortController();
    const writing = waiting.write([eventOf('game', 1)], stop.signal).then(
      () => 'written',
      () => 'given up',
    );
    await until('trouble to show', () => !waiting.reachable);
    stop.abort();
    expect(await writing).to.equal('given up');
    await closeDatabase(away, silent);
  });
});
