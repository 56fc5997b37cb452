import { expect } from 'chai';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { type Bench, bench, eventOf, eventsOf, put, query, storedRows, until } from './kit.ts';

describe('an event that the database refuses', () => {
  let database: string;
  let prefix: string;
  let b: Bench;

  beforeEach(async () => {
    database = await freshDatabase();
    prefix = freshPrefix();
    b = bench(await redisUrl(), prefix, database);
  });
  afterEach(() => b.close());

  const failed = (count: number) =>
    until(`${count} failed jobs`, async () => (await b.queue.getFailedCount()) === count && (await b.drained()));

  it('A-149 an event that the database refuses stays in a failed job with its cause, while all others arrive', async () => {
    const poison = eventOf('game', 40, { event: { event_type: null } });
    await put(b.redis, prefix, [...eventsOf('game', 1, 39), poison, ...eventsOf('game', 41, 80), ...eventsOf('other', 1, 80)]);
    const writer = b.writer();
    await failed(1);
    const [job] = await b.queue.getFailed();
    expect(job?.data).to.deep.equal({ events: [poison] });
    expect(job?.attemptsMade).to.equal(5);
    expect(job?.failedReason).to.match(
      /^1 of 1 events refused: null value in column "event_type" of relation "sync_events" violates not-null constraint \(23502\)$/,
    );
    const rows = await storedRows(database);
    expect(rows).to.have.lengthOf(159).and.not.include('game 1 40');
    expect(await query(database, 'SELECT session_id, version FROM sync_sessions ORDER BY 1')).to.deep.equal([
      { session_id: 'game', version: 80 },
      { session_id: 'other', version: 80 },
    ]);
    await until('the failure to show', async () => writer.status() === 'degraded');
    const sizes = (await b.metrics.queueSize.get()).values;
    expect(sizes.find(({ labels }) => labels.status === 'failed')?.value).to.equal(1);
  });

  it('A-149 a refused event arrives when its job is retried after the cause was removed', async () => {
    await query(database, `ALTER TABLE sync_events ADD CONSTRAINT odd CHECK (version <> 7)`);
    await put(b.redis, prefix, eventsOf('game', 1, 10));
    b.writer();
    await failed(1);
    expect((await b.queue.getFailed())[0]?.failedReason).to.include('violates check constraint "odd"');
    await query(database, `ALTER TABLE sync_events DROP CONSTRAINT odd`);
    await (await b.queue.getFailed())[0]?.retry();
    await until('the tenth row', async () => (await storedRows(database)).length === 10);
    await failed(0);
  });

  it('A-149 an event that is not JSON, or has values that fit no column, is refused alone', async () => {
    const broken = [
      { ...eventOf('game', 2), event: '{' },
      { ...eventOf('game', 3), state: 'nonsense' },
      eventOf('game', 4, { event: { timestamp: 'some day' } }),
      eventOf('game', 5, { event: { version: 1e12 } }),
      eventOf('game', 6, { event: { event_type: 'a\u0000b' } }),
      eventOf('game', 7, { state: { created_at: null } }),
    ];
    await b.queue.add(
      'events',
      { events: [eventOf('game', 1), ...broken, ...eventsOf('game', 8, 9)] },
      { attempts: 1, removeOnComplete: true },
    );
    b.writer();
    await failed(1);
    expect(await storedRows(database)).to.deep.equal(['game 1 1', 'game 1 8', 'game 1 9']);
    expect((await b.queue.getFailed())[0]?.data.events).to.have.deep.members(broken);
  });

  it('A-149 a missing table is an outage, and no event counts as refused', async () => {
    await query(database, 'ALTER TABLE sync_events RENAME TO hidden');
    await put(b.redis, prefix, eventsOf('game', 1, 5));
    const writer = b.writer();
    await until('trouble to show', () => writer.status() === 'degraded');
    const attempts = (await b.queue.getActive()).map((job) => job.attemptsMade);
    expect(attempts).to.deep.equal([0]);
    await query(database, 'ALTER TABLE hidden RENAME TO sync_events');
    await until('all rows', async () => (await storedRows(database)).length === 5);
    await until('health', () => writer.status() === 'ok');
    expect(await b.queue.getFailedCount()).to.equal(0);
  });
});
