import { expect } from 'chai';
import type { HistoryData, HistoryEvent } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { isOutage } from '../../server/audit/database-errors.ts';
import { createTrail, type TrailReader } from '../../server/audit/trail.ts';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import { StoreUnavailableError } from '../../server/engine/ports.ts';
import { databaseServer, freshDatabase } from '../kit/services.ts';
import { eventOf, eventsOf, query, silent, writeTo } from './kit.ts';

describe('history', () => {
  let database: string;
  let trail: TrailReader;

  beforeEach(async () => {
    database = await freshDatabase();
    trail = createTrail({ databaseUrl: database, logger: silent });
  });
  afterEach(() => trail.close());

  const arrive = async (...events: QueuedEvent[]) => writeTo(database, events);

  async function page(afterVersion: number, limit: number): Promise<HistoryData> {
    const history = await trail.history('game', afterVersion, limit);
    if (typeof history === 'string') throw new Error(history);
    return { ...history, events: history.events.map((json) => JSON.parse(json) as HistoryEvent) };
  }

  /** "epoch.version" of what the trail tells, and where it goes on. */
  async function told(afterVersion = 0, limit = 100): Promise<{ run: string; next: number }> {
    const history = await page(afterVersion, limit);
    return { run: history.events.map(({ epoch, version }) => `${epoch}.${version}`).join(' '), next: history.next_after_version };
  }

  it('A-1 the history has each event in the form of the contract', async () => {
    const event = {
      metadata: { command_id: 'c', odd: '\ud800\u0000' },
      participant_id: 'white',
      group_id: 'whites',
      time_elapsed_ms: 1234,
      time_remaining_ms: 58_766,
    };
    const epoch = 1_763_812_345_678;
    const queued = eventOf('game', 1, { epoch, event });
    await arrive(queued);
    const expected = { ...(JSON.parse(queued.event) as object), state_snapshot: JSON.parse(queued.state) as unknown };
    expect(await page(0, 10)).to.deep.equal({ events: [expected], next_after_version: 1 });
    expect(JSON.stringify(await page(0, 10)))
      .to.include('"timestamp":"2026-03-01T12:00:01.000Z"')
      .and.include(`"epoch":${epoch},`);
  });

  it('A-120 the history has the right instants, whatever the time zone of the database', async () => {
    const name = new URL(database).pathname.slice(1);
    await query((await databaseServer()).url, `ALTER DATABASE ${name} SET timezone = 'Asia/Tokyo'`);
    await arrive(eventOf('game', 1));
    const history = await page(0, 10);
    expect(history.events[0]?.timestamp).to.equal('2026-03-01T12:00:01.000Z');
    expect(await query(database, `SELECT timestamp = '2026-03-01T12:00:01Z' AS right FROM sync_events`)).to.deep.equal([{ right: true }]);
  });

  it('A-2 the history is answered in pages', async () => {
    await arrive(...eventsOf('game', 1, 25));
    expect(await told(0, 10)).to.deep.equal({
      run: eventsOf('', 1, 10)
        .map((_, index) => `1.${index + 1}`)
        .join(' '),
      next: 10,
    });
    expect(await told(20, 10)).to.deep.equal({ run: '1.21 1.22 1.23 1.24 1.25', next: 25 });
    expect(await told(25, 10)).to.deep.equal({ run: '', next: 25 });
    for (const far of [99, 2 ** 31 - 2, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER])
      expect(await told(far, 10)).to.deep.equal({ run: '', next: far });
  });

  it('A-5 the history stops before a gap until it is filled', async () => {
    await arrive(...eventsOf('game', 1, 3), ...eventsOf('game', 5, 6));
    expect(await told()).to.deep.equal({ run: '1.1 1.2 1.3', next: 3 });
    expect(await told(3)).to.deep.equal({ run: '', next: 3 });
    expect(await told(4)).to.deep.equal({ run: '1.5 1.6', next: 6 });
    await arrive(eventOf('game', 4));
    expect(await told(2)).to.deep.equal({ run: '1.3 1.4 1.5 1.6', next: 6 });
  });

  it('A-6 the history is unknown if nothing has arrived, and empty if the beginning has not', async () => {
    await arrive(...eventsOf('another', 1, 2), eventOf('game-2', 2));
    expect(await trail.history('game', 0, 10)).to.equal('unknown');
    expect(await trail.history('game-2', 0, 10)).to.deep.equal({ events: [], next_after_version: 0 });
  });

  it('A-7 the history of a deleted session ends with its deletion', async () => {
    await arrive(...eventsOf('game', 1, 2), eventOf('game', 3, { type: 'session_deleted' }));
    expect(await trail.history('game', 0, 10)).to.equal('deleted');
  });

  it('A-7 the history begins anew when the id is used again, however much longer the earlier incarnation was', async () => {
    await arrive(...eventsOf('game', 1, 8), eventOf('game', 9, { type: 'session_deleted' }));
    await arrive(...eventsOf('game', 1, 3, { epoch: 7 }));
    expect(await told()).to.deep.equal({ run: '7.1 7.2 7.3', next: 3 });
    expect(await told(3)).to.deep.equal({ run: '', next: 3 });
  });

  it('A-81 the history does not mix two incarnations while the creation of the second has not arrived', async () => {
    await arrive(...eventsOf('game', 1, 8), eventOf('game', 9, { type: 'session_deleted' }));
    await arrive(eventOf('game', 2, { epoch: 7 }));
    expect(await told()).to.deep.equal({ run: '', next: 0 });
    await arrive(eventOf('game', 1, { epoch: 7 }));
    expect(await told()).to.deep.equal({ run: '7.1 7.2', next: 2 });
  });

  it('A-8 if epochs overlap, the history has the newer one, and nothing of the older one after it', async () => {
    await arrive(...eventsOf('game', 1, 10));
    await arrive(eventOf('game', 7, { epoch: 2, type: 'session_recovered' }), eventOf('game', 8, { epoch: 2 }));
    expect(await told()).to.deep.equal({ run: '1.1 1.2 1.3 1.4 1.5 1.6 2.7 2.8', next: 8 });
    expect(await told(8)).to.deep.equal({ run: '', next: 8 });
    await arrive(...eventsOf('game', 9, 12, { epoch: 2 }));
    expect(await told(8)).to.deep.equal({ run: '2.9 2.10 2.11 2.12', next: 12 });
    expect(await told(5, 3)).to.deep.equal({ run: '1.6 2.7 2.8', next: 8 });
  });

  it('A-9 the history rejects while the database is away, and ping says so', async () => {
    const nowhere = createTrail({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/nothing', logger: silent });
    expect(await nowhere.ping()).to.equal(false);
    const failure = await nowhere.history('game', 0, 1).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
    await nowhere.close();
    expect(await trail.ping()).to.equal(true);
  });

  it('A-156 a statement that PostgreSQL cannot read is a bug and no outage, a table that is not there yet is an outage', async () => {
    const opened = openDatabase(database, silent, { connections: 1, statementMs: 10_000 });
    const failureOf = (statement: string): Promise<unknown> =>
      opened.$queryRawUnsafe(statement).then(
        () => undefined,
        (error: unknown) => error,
      );
    try {
      for (const [statement, is] of [
        ['SELEC 1', false],
        ['SELECT version FROM sync_events, sync_sessions', false],
        ['SELECT 1 FROM tomorrows_table', true],
        ['SELECT tomorrows_column FROM sync_events', true],
      ] as const) {
        expect([statement, isOutage(await failureOf(statement))]).to.deep.equal([statement, is]);
      }
    } finally {
      await closeDatabase(opened, silent);
    }
  });
});
