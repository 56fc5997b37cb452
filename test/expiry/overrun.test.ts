import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { chess } from '../kit/games.ts';
import { openCluster } from '../kit/server.ts';
import { entriesOf, historyIn } from '../kit/stored.ts';
import { until } from '../kit/until.ts';
import { EngineFixture, iso, stateOf } from './engine-fixture.ts';
import { ThreeInstances } from './three-instances.ts';

const OVERRUN = 2_000;
const BELOW_ZERO: Partial<CreatePayload> = { overrun_ms: OVERRUN };

describe('clocks that go on below zero, over instances', () => {
  let three: ThreeInstances;
  before(async () => {
    three = await ThreeInstances.open();
  });
  after(() => three.close());

  it('W-10 warnings at zero and below come once each, at their instants and in order, over three instances', async () => {
    const game = await three.engines.game(three.first, 500, { ...BELOW_ZERO, warning_thresholds_ms: [-300, 0, 300, -150] });
    await three.reaches(game.session_id, 3);
    expect(three.thresholds(game.session_id)).to.deep.equal([300, 0, -150, -300]);
    for (const { at, what } of three.told(game.session_id, 'warning')) expect(at).to.be.at.least(game.deadline - OVERRUN - Number(what));
  });

  it('W-10 an adjustment that lifts the clock above a threshold at or below zero warns of it again', async () => {
    const game = await three.engines.game(three.first, 4_050, { overrun_ms: 10_000, warning_thresholds_ms: [0, -3_000, -8_000] });
    await until('two warnings', async () => three.thresholds(game.session_id).length === 2);
    stateOf(await three.instances[1].run(game.session_id, { type: 'adjust', delta_ms: 1_800, participant_id: 'white' }));
    expect((await three.engines.stored(game.session_id)).warnings?.split(',').toSorted()).to.deep.equal(['-3000', '-8000']);
    await until('the third warning', async () => three.thresholds(game.session_id).length === 3);
    expect(three.thresholds(game.session_id)).to.deep.equal([0, -3_000, -3_000]);
    stateOf(await three.first.run(game.session_id, { type: 'cancel' }));
  });

  it('W-10 warnings below zero that an adjustment passes come at once', async () => {
    const participants = [{ participant_id: 'white', total_time_ms: 60_000 }];
    const change = { ...BELOW_ZERO, participants, warning_thresholds_ms: [100, 0, -200, -800] };
    const game = await three.engines.game(three.first, 0, change);
    stateOf(await three.first.run(game.session_id, { type: 'adjust', delta_ms: -60_500, participant_id: 'white' }));
    await three.reaches(game.session_id, 4);
    // But for the adjustment, the clock would have passed the first of them after a minute.
    expect(three.thresholds(game.session_id)).to.deep.equal([100, 0, -200, -800]);
  });

  it('E-70 the expiry below zero takes effect once, as of its deadline, also when the instance with the alarm is gone', async () => {
    const lone = await three.engines.instance();
    const game = await three.engines.game(lone, 900, BELOW_ZERO);
    await lone.close();
    await until('the update', async () => three.told(game.session_id, 'update').length > 0);
    expect(three.told(game.session_id, 'update').map(({ what }) => what)).to.deep.equal(['participant_expired']);
    const [, started, expired, ...more] = await three.engines.trailOf(game.session_id, 3);
    expect(more).to.deep.equal([]);
    expect(Date.parse(started?.state_snapshot.zero_at ?? '')).to.equal(game.deadline - OVERRUN);
    expect(expired).to.include({
      event_type: 'participant_expired',
      timestamp: iso(game.deadline),
      time_elapsed_ms: 1_000 + OVERRUN,
      time_remaining_ms: -OVERRUN,
    });
  });

  it('E-70 a switch one millisecond before the end of the overrun is in time, and one at it runs into the expiry', async () => {
    const payload = { ...BELOW_ZERO, action_on_timeout: { type: 'skip_cycle' } };
    // The grace is long enough that the command is under way when the clock has run out.
    const patient = await EngineFixture.open(1_000);
    try {
      const instance = await patient.instance();
      for (const [before, type] of [
        [1, 'cycle_switched'],
        [0, 'participant_expired'],
      ] as const) {
        const game = await patient.game(instance, 1_000 + OVERRUN, payload);
        await patient.reach(game.deadline);
        const state = stateOf(await instance.run(game.session_id, { type: 'switch' }, { arrival: game.deadline - before }));
        expect(state.participants[0]).to.include({ total_time_ms: before - OVERRUN, has_expired: before === 0 });
        expect((await patient.trailOf(game.session_id, 3)).at(2)?.event_type).to.equal(type);
      }
    } finally {
      await patient.close();
    }
  });
});

describe('a game below zero, seen by two clients on two instances', () => {
  it('E-71 clients on two instances are warned at zero, told of the same expiry at −overrun_ms, and see the same negative clocks', async () => {
    const cluster = await openCluster({ AUDIT_WORKER: 'off' });
    try {
      const [here, there] = await Promise.all([cluster.instance(), cluster.instance()]);
      const [white, black] = await Promise.all([cluster.client(here), cluster.client(there)]);
      const participants = ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 1_000 }));
      const game = chess({ participants, overrun_ms: 2_000 });
      const { session_id } = game;
      const created = await white.ok('session:create', game);
      expect(created).to.deep.include({ overrun_ms: 2_000, zero_at: null, warning_thresholds_ms: [10_000, 5_000, 1_000, 0] });
      await black.ok('session:join', { session_id });
      const { zero_at, deadline_at } = await white.ok('session:start', { session_id });
      expect(Date.parse(deadline_at ?? '') - Date.parse(zero_at ?? '')).to.equal(2_000);
      const warnings = await Promise.all([white, black].map((one) => one.next('session:warning')));
      for (const warning of warnings) expect(warning).to.include({ participant_id: 'white', threshold_ms: 0, zero_at, deadline_at });
      // White's bank stays below zero after the switch, and black's clock runs out.
      const { participants: after } = await white.ok('session:switch', { session_id, current_participant_id: 'white' });
      const [left] = after;
      expect(left?.total_time_ms).to.be.within(-1_999, 0);
      const expiries = await Promise.all([white, black].map((one) => one.next('session:expired')));
      expect(expiries[0]).to.deep.include({ expired_participant_id: 'black', version: 4 });
      expect(expiries.map(({ expired_at }) => expired_at)).to.deep.equal([expiries[0]?.expired_at, expiries[0]?.expired_at]);
      const states = await Promise.all([white, black].map((one) => one.ok('session:get', { session_id })));
      expect(states[1]).to.deep.equal(states[0]);
      expect(states[0]?.participants.map((one) => one.time_remaining_ms)).to.deep.equal([left?.total_time_ms, -2_000]);
      for (const one of [white, black]) expect(one.seen('session:expired')).to.deep.equal([]);
      const trail = historyIn(await entriesOf(cluster.redis(), cluster.settings.KEY_PREFIX, session_id));
      expect(trail.map(({ event_type }) => event_type)).to.deep.equal([
        'session_created',
        'session_started',
        'cycle_switched',
        'participant_expired',
      ]);
      expect(trail.at(3)?.timestamp).to.equal(expiries[0]?.expired_at);
    } finally {
      await cluster.close();
    }
  });
});
