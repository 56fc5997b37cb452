import { expect } from 'chai';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import { createTrail, type TrailReader } from '../../server/audit/trail.ts';
import type { HistoryEvent } from '#contract';
import type { HistoryPage } from '../../server/transport/history-port.ts';
import { freshDatabase } from '../kit/services.ts';
import { eventOf, eventsOf, silent, writeTo } from './kit.ts';

const iso = (day: number) => new Date(Date.UTC(2026, 2, day)).toISOString();

describe('the incarnations of an id in the trail', () => {
  let database: string;
  let trail: TrailReader;

  beforeEach(async () => {
    database = await freshDatabase();
    trail = createTrail({ databaseUrl: database, logger: silent });
  });
  afterEach(() => trail.close());

  const arrive = async (...events: QueuedEvent[]) => writeTo(database, events);

  /** Versions 1 to `length` of the incarnation that an owner began on a day, which is also its epoch. */
  const incarnation = (day: number, owner_id: string, length: number, from = 1) => {
    const metadata = { odd: '\ud800\u0000\\ud800\\\ud83d\ude00"' };
    return eventsOf('game', from, length, { epoch: day, event: {}, state: { created_at: iso(day), owner_id, metadata } }).map(
      (one, index) =>
        from + index === 1
          ? eventOf('game', 1, { epoch: day, event: { timestamp: iso(day) }, state: { created_at: iso(day), owner_id, metadata } })
          : one,
    );
  };
  const deletion = (day: number, owner_id: string, version: number) =>
    eventOf('game', version, { epoch: day, type: 'session_deleted', state: { created_at: iso(day), owner_id } });

  it('A-80 incarnations of an id are found by their creations, with their owners, whatever else their states contain', async () => {
    expect(await trail.incarnations('game')).to.deep.equal([]);
    await arrive(...incarnation(1, 'anna', 3), deletion(1, 'anna', 4), ...incarnation(5, 'ben', 2), eventOf('another', 1));
    await arrive(eventOf('game', 3, { epoch: 7, type: 'session_recovered', state: { created_at: iso(5), owner_id: 'ben' } }));
    const incarnations = [
      { created_at: iso(1), owner_id: 'anna', epochs: { begin: 1, newest: 1, end: 5 }, deleted: true },
      { created_at: iso(5), owner_id: 'ben', epochs: { begin: 5, newest: 7, end: null }, deleted: false },
    ];
    expect(await trail.incarnations('game')).to.deep.equal(incarnations);
    expect(await trail.incarnations('game', iso(1))).to.deep.equal([incarnations[0]]);
    expect(await trail.incarnations('game', iso(2))).to.deep.equal([]);
    const told = async (index: 0 | 1) => {
      const { events } = (await trail.history('game', 0, 10, undefined, incarnations[index]?.epochs)) as HistoryPage;
      return events
        .map((json) => JSON.parse(json) as HistoryEvent)
        .map(({ epoch, version }) => `${epoch}.${version}`)
        .join(' ');
    };
    expect([await told(0), await told(1)]).to.deep.equal(['1.1 1.2 1.3 1.4', '5.1 5.2 7.3']);
    expect(await trail.newest('game')).to.nested.include({ 'state.owner_id': 'ben', deleted: false });
  });

  it('A-81 an incarnation whose creation has not arrived is not part of the one before it', async () => {
    await arrive(...incarnation(1, 'anna', 3), ...incarnation(5, 'ben', 3, 2));
    expect(await trail.incarnations('game')).to.deep.equal([
      { created_at: iso(1), owner_id: 'anna', epochs: { begin: 1, newest: 1, end: 5 }, deleted: false },
      { created_at: iso(5), epochs: null, deleted: false },
    ]);
    expect(await trail.history('game', 0, 10)).to.deep.equal({ events: [], next_after_version: 0 });
  });

  it('A-80 the newest twenty incarnations of an id are listed, and each older one is found by its creation', async () => {
    await arrive(...Array.from({ length: 50 }, (_, index) => incarnation(index + 1, 'anna', 1)).flat());
    const incarnations = await trail.incarnations('game');
    expect([incarnations.length, incarnations[0]?.created_at, incarnations.at(-1)?.created_at]).to.deep.equal([20, iso(31), iso(50)]);
    expect((await trail.incarnations('game', iso(4)))[0]?.epochs).to.deep.equal({ begin: 4, newest: 4, end: 5 });
  });
});
