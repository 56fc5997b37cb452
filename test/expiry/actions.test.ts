import { expect } from 'chai';
import type { ActionOnTimeout, CreatePayload, SyncMode } from '#contract';
import { EngineFixture, iso, type EngineInstance } from './engine-fixture.ts';

const CLOCKS: Record<SyncMode, Partial<CreatePayload>> = {
  per_participant: { sync_mode: 'per_participant' },
  per_cycle: { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000 },
  per_group: {
    sync_mode: 'per_group',
    participants: ['white', 'black'].map((participant_id) => ({
      participant_id,
      group_id: `team-${participant_id}`,
      total_time_ms: 1_000,
    })),
  },
  global: { sync_mode: 'global', total_time_ms: 1_000 },
  count_up: { sync_mode: 'count_up', max_time_ms: 1_000 },
};

const TYPES: [ActionOnTimeout | undefined, boolean, 'over' | 'goes on'][] = [
  [undefined, false, 'over'],
  [undefined, true, 'goes on'],
  [{ type: 'end_session', outcome: { winner: 'the other one' } }, false, 'over'],
  [{ type: 'end_session' }, true, 'over'],
  [{ type: 'skip_cycle' }, false, 'goes on'],
  [{ type: 'skip_cycle', note: null }, true, 'goes on'],
  [{ type: 'auto_action', action: { bid: 0 } }, false, 'over'],
  [{ type: 'auto_action', action: { bid: 0 } }, true, 'goes on'],
  [{ type: 'house rule', points: [1, 2] }, false, 'over'],
  [{ type: 'house rule', points: [1, 2] }, true, 'goes on'],
];

describe('what follows an expiry', () => {
  let engines: EngineFixture;
  let instance: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open(50);
    instance = await engines.instance();
  });
  after(() => engines.close());

  for (const [mode, clock] of Object.entries(CLOCKS)) {
    it(`E-20 an expiry in ${mode} leads to what the table says, for every action_on_timeout with and without auto_advance`, async () => {
      const games = await Promise.all(
        TYPES.map(([action, auto_advance]) =>
          engines.game(instance, 980, { ...clock, auto_advance, ...(action === undefined ? {} : { action_on_timeout: action }) }),
        ),
      );
      for (const [n, game] of games.entries()) {
        const [action, auto, follows] = TYPES[n] as (typeof TYPES)[number];
        const what = `${JSON.stringify(action)} auto_advance ${auto}`;
        const [, , expiry] = await engines.trailOf(game.session_id, 3);
        const nobodyOwnsIt = mode === 'global' || mode === 'count_up';
        const goesOn = follows === 'goes on' && !nobodyOwnsIt;
        expect(expiry, what).to.include({
          event_type: 'participant_expired',
          timestamp: iso(game.deadline),
          time_elapsed_ms: 1_000,
          time_remaining_ms: 0,
        });
        expect(expiry?.metadata, what).to.deep.equal(action === undefined ? {} : { action_applied: action });
        const state = expiry?.state_snapshot;
        expect(state, what).to.include({
          status: goesOn ? 'running' : 'expired',
          active_participant_id: goesOn ? 'black' : 'white',
          cycle_count: 1,
          cycle_started_at: goesOn ? iso(game.deadline) : null,
          deadline_at: goesOn ? iso(game.deadline + 1_000) : null,
          session_completed_at: goesOn ? null : iso(game.deadline),
        });
        expect(state?.participants[0], what).to.include({
          has_expired: !nobodyOwnsIt,
          time_used_ms: 1_000,
          cycle_count: 1,
          is_active: false,
        });
        expect(state?.participants[1], what).to.include({ has_expired: false, time_used_ms: 0, cycle_count: 0, is_active: goesOn });
      }
    });
  }

  it('E-21 the status becomes expired when nobody has time left', async () => {
    const game = await engines.game(instance, 990, { action_on_timeout: { type: 'skip_cycle' } });
    const [, , first, second] = await engines.trailOf(game.session_id, 4);
    expect(first?.state_snapshot).to.include({ status: 'running', active_participant_id: 'black' });
    expect(second).to.include({ timestamp: iso(game.deadline + 1_000), participant_id: 'black' });
    expect(second?.state_snapshot).to.include({
      status: 'expired',
      active_participant_id: 'black',
      session_completed_at: iso(game.deadline + 1_000),
    });
    expect(second?.state_snapshot.participants.map((one) => one.has_expired)).to.deep.equal([true, true]);
  });

  it('E-22 a participant whose cycle expired in per_cycle stays in rotation, and is no longer expired when their next cycle begins', async () => {
    const game = await engines.game(instance, 990, { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true });
    const trail = await engines.trailOf(game.session_id, 4);
    expect(trail.slice(2).map(({ state_snapshot }) => state_snapshot.participants.map((one) => one.has_expired))).to.deep.equal([
      [true, false],
      [false, true],
    ]);
    expect(trail[3]?.state_snapshot).to.include({ active_participant_id: 'white', cycle_started_at: iso(game.deadline + 1_000) });
  });
});
