import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { applyChanges } from '#clock';
import type { CreatePayload } from '#contract';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { withChanges } from '../kit/updates.ts';
import { age, EngineFixture, iso, type EngineInstance, stateOf } from './engine-fixture.ts';

const CYCLES: Partial<CreatePayload> = { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true };

describe('after long downtime', () => {
  let engines: EngineFixture;
  let asleep: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open(20);
    asleep = await engines.instance({ expires: false });
  });
  after(() => engines.close());

  /** A game whose instances have been gone for `ms`. */
  const forgotten = async (ms: number, change = CYCLES) => {
    const game = await engines.game(asleep, 0, change);
    await engines.age(game.session_id, ms);
    return { ...game, deadline: game.deadline - ms };
  };

  it('E-30 every cycle that ran out is applied, in order, each at its own instant', async () => {
    const game = await forgotten(12_400);
    const instance = await engines.instance();
    const trail = await engines.trailOf(game.session_id, 14);
    await instance.close();
    for (const [n, event] of trail.slice(2).entries()) {
      expect(event).to.include({
        version: 3 + n,
        event_type: 'participant_expired',
        timestamp: iso(game.deadline + n * 1_000),
        time_elapsed_ms: 1_000,
      });
      expect(event.participant_id).to.equal(n % 2 === 0 ? 'white' : 'black');
      expect(event.state_snapshot).to.include({
        version: 3 + n,
        cycle_count: n + 1,
        updated_at: iso(game.deadline + n * 1_000),
        deadline_at: iso(game.deadline + (n + 1) * 1_000),
      });
    }
  });

  it('E-31 more than a hundred expiries take several commits, and the result is the same as in one', async () => {
    const game = await forgotten(2_345_000);
    const instance = await engines.instance();
    await until('2,345 cycles', async () => instance.told.filter((one) => one.session_id === game.session_id).length >= 2_345);
    const state = stateOf(await instance.engine.get(game.session_id, { arrival: Math.floor(engines.now()) }));
    await instance.close();
    const cycles = state.cycle_count;
    expect(cycles).to.be.at.least(2_345);
    expect(state).to.include({
      version: 2 + cycles,
      cycle_started_at: iso(game.deadline + (cycles - 1) * 1_000),
      active_participant_id: cycles % 2 === 0 ? 'white' : 'black',
    });
    expect(state.participants.map((one) => one.time_used_ms)).to.deep.equal([
      Math.ceil(cycles / 2) * 1_000,
      Math.floor(cycles / 2) * 1_000,
    ]);
    const trail = await engines.trail(game.session_id);
    expect(trail.map((event) => event.version)).to.deep.equal(Array.from({ length: 2 + cycles }, (_, n) => n + 1));
    for (const [n, { timestamp }] of trail.slice(2).entries()) expect(timestamp).to.equal(iso(game.deadline + n * 1_000));
  });

  it('E-30 a command or a read after long downtime finds every expiry applied', async () => {
    const read = await forgotten(3_500);
    expect(stateOf(await asleep.engine.get(read.session_id, { arrival: Math.floor(engines.now()) }))).to.include({
      version: 5,
      cycle_count: 3,
    });
    const paused = await forgotten(3_500);
    expect(stateOf(await asleep.run(paused.session_id, { type: 'pause' }))).to.include({ version: 6, cycle_count: 3, status: 'paused' });
  });

  for (const [cycles, told] of [
    [10, 10],
    [12, 1],
  ] as const) {
    it(`E-32 a commit of ${cycles} expiries tells the room of ${told} of them, the last one included`, async () => {
      const cluster = await openCluster({ KEY_PREFIX: engines.prefix });
      try {
        const client = await cluster.client(await cluster.instance());
        const { session_id } = await client.ok('session:create', chess({ ...CYCLES, warning_thresholds_ms: [] }));
        await client.ok('session:start', { session_id });
        await client.next('session:update');
        await age(engines.redis(), engines.prefix, session_id, cycles * 1_000 + 500);
        await client.ok('session:get', { session_id });
        await client.next('session:expired', (event) => event.version === 2 + cycles);
        expect(client.seen('session:update').map((event) => event.version)).to.deep.equal(
          Array.from({ length: told }, (_, n) => 3 + cycles - told + n),
        );
        expect(client.seen('session:expired')).to.have.length(told - 1);
      } finally {
        await cluster.close();
      }
    });
  }

  it('E-51 the room of a session of ten participants or more is told what has changed since the commit before', async () => {
    const cluster = await openCluster({ KEY_PREFIX: engines.prefix });
    try {
      const client = await cluster.client(await cluster.instance());
      const participants = Array.from({ length: 12 }, (_, n) => ({ participant_id: `p${n}` }));
      const { session_id } = await client.ok('session:create', chess({ ...CYCLES, participants, warning_thresholds_ms: [] }));
      await client.ok('session:join', { session_id, deltas: true });
      await client.ok('session:start', { session_id });
      await client.next('session:update');
      const from = await age(engines.redis(), engines.prefix, session_id, 50_500);
      const state = await client.ok('session:get', { session_id });
      const update = withChanges(await client.next('session:update'));
      expect(update).to.include({ since_version: from.version, version: 52 }).and.not.have.property('state');
      expect(applyChanges(from, update.changes)).to.deep.equal(state);
    } finally {
      await cluster.close();
    }
  });

  it('E-32 the last expiry is told also where an outage comes after it', async () => {
    const cluster = await openCluster({ KEY_PREFIX: engines.prefix });
    try {
      const client = await cluster.client(await cluster.instance());
      const { session_id } = await client.ok('session:create', chess({ ...CYCLES, warning_thresholds_ms: [], outage_policy: 'pause' }));
      const outage = { from: Math.floor(engines.now()) - 400, to: Math.floor(engines.now()) - 10 };
      await engines.redis().rpush(createKeys(engines.prefix).outages, `${outage.from}-${outage.to}`);
      // Waits for the next mark of life of the instance: its answer tells of outages.
      await wait(1_500);
      await client.ok('session:start', { session_id });
      await client.next('session:update');
      await age(engines.redis(), engines.prefix, session_id, Math.floor(engines.now()) - outage.from + 12_200);
      expect(await client.ok('session:get', { session_id })).to.include({ version: 15, status: 'paused' });
      await client.next('session:update', (event) => event.version === 15);
      expect(client.seen('session:expired').map((event) => event.version)).to.deep.equal([14]);
      expect(client.seen('session:update').map((event) => event.event_type)).to.deep.equal(['participant_expired']);
    } finally {
      await cluster.close();
    }
  });
});
