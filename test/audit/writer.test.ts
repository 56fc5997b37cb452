import { expect } from 'chai';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { type Bench, bench, BEGIN, eventOf, eventsOf, put, query, storedRows, until } from './kit.ts';

describe('from the outbox to PostgreSQL', () => {
  let database: string;
  let prefix: string;
  let b: Bench;

  beforeEach(async () => {
    database = await freshDatabase();
    prefix = freshPrefix();
    b = bench(await redisUrl(), prefix, database);
  });
  afterEach(() => b.close());

  const arrive = (count: number) =>
    until(`${count} rows`, async () => (await storedRows(database)).length === count && (await b.drained()));

  it('A-140 every event becomes one row, and leaves the outbox and the queue', async () => {
    const games = Array.from({ length: 30 }, (_, index) => `game-${index}`);
    for (const game of games) await put(b.redis, prefix, eventsOf(game, 1, 50));
    b.writer();
    await arrive(1500);
    const perGame = await query(database, 'SELECT session_id, min(version), max(version), count(*)::int FROM sync_events GROUP BY 1');
    expect(perGame).to.have.lengthOf(30);
    for (const row of perGame) expect(row).to.include({ min: 1, max: 50, count: 50 });
    expect(await b.queue.getJobCounts('completed', 'failed')).to.deep.equal({ completed: 0, failed: 0 });
  });

  it('A-141 several writers share the work without doing any of it twice', async () => {
    await put(b.redis, prefix, eventsOf('game', 1, 1000));
    b.writer();
    b.writer();
    b.writer();
    await arrive(1000);
  });

  it('A-140 a row holds what happened in its event', async () => {
    await put(b.redis, prefix, [eventOf('game', 3, { epoch: 1_763_812_345_678, event: { metadata: { command_id: 'c1' } } })]);
    b.writer();
    await arrive(1);
    const [row] = await query(database, 'SELECT *, timestamp = $1::timestamptz AS on_time FROM sync_events', [
      new Date(BEGIN + 3000).toISOString(),
    ]);
    expect(row).to.deep.include({
      session_id: 'game',
      epoch: '1763812345678',
      version: 3,
      event_type: 'cycle_switched',
      on_time: true,
      participant_id: 'white',
      group_id: null,
      time_elapsed_ms: '1000',
      time_remaining_ms: '60000',
      metadata: { command_id: 'c1' },
    });
  });

  it('A-140 a row keeps what clients wrote to the byte: key order, lone surrogates, NUL, __proto__', async () => {
    const odd = JSON.parse(
      String.raw`{"z":1,"a":"\u0000","s":"\ud800","__proto__":{"x":1},"$type":"Json","deep":{"$type":"Raw","value":1e300}}`,
    ) as object;
    const event = eventOf('game', 1, { event: { metadata: odd }, state: { metadata: odd } });
    await put(b.redis, prefix, [event]);
    b.writer();
    await arrive(1);
    const [row] = await query(database, 'SELECT state_snapshot::text AS state, metadata::text AS metadata FROM sync_events');
    expect(row).to.deep.equal({ state: event.state, metadata: JSON.stringify(odd) });
  });

  it('A-141 relaying the same events again changes nothing', async () => {
    const events = eventsOf('game', 1, 40);
    await put(b.redis, prefix, events);
    b.writer();
    await arrive(40);
    const before = await query(database, 'SELECT * FROM sync_events JOIN sync_sessions USING (session_id) ORDER BY sync_events.version');
    await put(b.redis, prefix, events);
    await put(b.redis, prefix, events.slice(10).toReversed());
    await until('drained', () => b.drained());
    expect(
      await query(database, 'SELECT * FROM sync_events JOIN sync_sessions USING (session_id) ORDER BY sync_events.version'),
    ).to.deep.equal(before);
  });

  it('A-142 the row of a session changes to a newer epoch or version, never to an older one', async () => {
    b.writer();
    const arrived = async (events: ReturnType<typeof eventsOf>) => {
      await put(b.redis, prefix, events);
      await until('drained', () => b.drained());
      const [row] = await query(
        database,
        'SELECT epoch::int, version, status, cycle_count, session_completed_at, deleted_at IS NOT NULL AS deleted FROM sync_sessions',
      );
      return row;
    };
    expect(await arrived([eventOf('game', 5)])).to.include({ epoch: 1, version: 5, status: 'running', cycle_count: 3 });
    expect(await arrived(eventsOf('game', 1, 4))).to.include({ epoch: 1, version: 5 });
    const completed = await arrived([eventOf('game', 6, { type: 'session_completed' })]);
    expect(completed).to.deep.include({ version: 6, status: 'completed', session_completed_at: new Date(BEGIN + 6000) });
    expect(await arrived([eventOf('game', 4, { epoch: 2 })])).to.include({ epoch: 2, version: 4, status: 'running' });
    expect(await arrived([eventOf('game', 7)])).to.include({ epoch: 2, version: 4 });
    expect(await arrived([eventOf('game', 5, { epoch: 2, type: 'session_deleted' })])).to.include({ version: 5, deleted: true });
    expect(await arrived([eventOf('game', 1, { epoch: 3 })])).to.include({ epoch: 3, version: 1, status: 'pending', deleted: false });
  });

  it('A-143 events with large states travel in several jobs', async () => {
    const filler = 'x'.repeat(200_000);
    await put(b.redis, prefix, eventsOf('game', 1, 60, { state: { metadata: { filler } } }));
    b.writer();
    await arrive(60);
  });

  it('A-145 metrics tell how many events are on their way and how old the oldest is', async () => {
    await put(b.redis, prefix, eventsOf('game', 1, 3));
    // Its connection may still be opening.
    await until('the lease', () => b.outbox.acquireLease('somebody else', 60_000).catch(() => false));
    b.writer({ now: () => BEGIN + 5000 });
    const lag = async () => (await b.metrics.auditLag.get()).values[0]?.value;
    await until('the lag of the oldest event', async () => (await lag()) === 4000);
    await b.outbox.releaseLease('somebody else');
    await until('no lag', async () => (await lag()) === 0);
    expect(await storedRows(database)).to.have.lengthOf(3);
    const sizes = (await b.metrics.queueSize.get()).values.map(({ labels, value }) => [labels.status, value]);
    expect(sizes).to.deep.equal([
      ['waiting', 0],
      ['active', 0],
      ['delayed', 0],
      ['failed', 0],
    ]);
  });
});
