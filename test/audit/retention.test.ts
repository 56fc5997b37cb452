import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { deleteFinished } from '../../server/audit/retention.ts';
import { EventStore } from '../../server/audit/store.ts';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { chess } from '../kit/games.ts';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { bench, BEGIN, query, silent, until } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

const DAY_MS = 86_400_000;

describe('retention', () => {
  let url: string;
  let database: PrismaClient;
  beforeEach(async () => {
    url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 5, statementMs: 5000 });
  });
  afterEach(() => closeDatabase(database, silent));

  /** Writes a game that began some days after BEGIN and ends with these commands. */
  async function game(session_id: string, day: number, ...ending: TimerCommand[]): Promise<void> {
    const recordedSession = new RecordedSession(chess({ session_id }), BEGIN + day * DAY_MS);
    if (ending.length > 0) recordedSession.do({ type: 'start' }).do({ type: 'switch' });
    for (const command of ending) recordedSession.do(command);
    await new EventStore(database, silent).write(recordedSession.queued, new AbortController().signal);
  }
  /** Ids of the sessions that are left. In one look, since somebody may be deleting. */
  const left = async () => {
    const [row] = await query<{ sessions: string | null; events: string | null }>(
      url,
      `SELECT (SELECT string_agg(session_id, ' ' ORDER BY session_id) FROM sync_sessions) AS sessions,
              (SELECT string_agg(DISTINCT session_id, ' ' ORDER BY session_id) FROM sync_events) AS events`,
    );
    expect(row?.events).to.equal(row?.sessions);
    return row?.sessions ?? '';
  };

  it('A-50 retention deletes finished and deleted sessions that are old enough, their events and their row together', async () => {
    await game('completed', 0, { type: 'complete' });
    await game('cancelled', 0, { type: 'cancel' });
    await game('deleted', 0, { type: 'delete' });
    await game('recent', 3, { type: 'complete' });
    const expired = new RecordedSession(chess({ session_id: 'expired' })).do({ type: 'start' }).expire();
    await new EventStore(database, silent).write(expired.queued, new AbortController().signal);
    expect(await deleteFinished(database, new Date(BEGIN + 2 * DAY_MS), 50)).to.equal(4);
    expect(await left()).to.equal('recent');
  });

  it('A-51 retention never touches an unfinished session, however old', async () => {
    await game('pending', 0);
    await game('running', 0, { type: 'switch' });
    await game('paused', 0, { type: 'pause' });
    expect(await deleteFinished(database, new Date(BEGIN + 1000 * DAY_MS), 50)).to.equal(0);
    expect(await left()).to.equal('paused pending running');
  });

  it('A-52 an id that is used again is kept, with both incarnations', async () => {
    await game('again', 0, { type: 'delete' });
    await game('again', 5, { type: 'switch' });
    expect(await deleteFinished(database, new Date(BEGIN + 9 * DAY_MS), 50)).to.equal(0);
    expect(await query(url, 'SELECT count(*)::int AS rows FROM sync_events')).to.deep.equal([{ rows: 8 }]);
  });

  it('A-53 retention works in batches, and several processes take different sessions', async () => {
    for (let index = 0; index < 30; index++) await game(`game-${index}`, 0, { type: 'complete' });
    const before = new Date(BEGIN + DAY_MS);
    expect(await deleteFinished(database, before, 10)).to.equal(10);
    const deleted = await Promise.all(Array.from({ length: 4 }, () => deleteFinished(database, before, 5)));
    expect(deleted).to.deep.equal([5, 5, 5, 5]);
    expect(await left()).to.equal('');
  });

  it('A-54 the audit writer deletes old sessions only if AUDIT_RETENTION_DAYS is set', async () => {
    for (let index = 0; index < 120; index++) await game(`game-${index}`, 0, { type: 'complete' });
    await game('recent', 20, { type: 'complete' });
    await game('running', 0, { type: 'switch' });
    const b = bench(await redisUrl(), freshPrefix(), url);
    try {
      const now = () => BEGIN + 40 * DAY_MS;
      const keeper = b.writer({ now });
      await until('the writer at work', () => keeper.status() === 'ok');
      await keeper.close();
      expect((await left()).split(' ')).to.have.length(122);
      b.writer({ now, retentionDays: 30 });
      await until('the old ones gone', async () => (await left()) === 'recent running');
    } finally {
      await b.close();
    }
  });
});
