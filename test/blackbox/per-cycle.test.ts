import { Table } from './table.ts';
import { iso, ms, type Participant } from './wire.ts';

describe('turns of equal length, from outside', () => {
  let table: Table;
  beforeEach(async () => (table = await Table.open()));
  afterEach(() => table.close());

  const ANN: Participant = {
    participant_id: 'ann',
    participant_index: 0,
    group_id: null,
    total_time_ms: 0,
    time_used_ms: 0,
    time_remaining_ms: 2_500,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
  };
  const ACTION = { type: 'skip_cycle', penalty: { points: -1 } };
  const GIVEN = { sync_mode: 'per_cycle', time_per_cycle_ms: 2_500, total_time_ms: 7_200_000, warning_thresholds_ms: [1_500] };
  const EMPTY = {
    increment_ms: 0,
    max_time_ms: null,
    active_participant_id: null,
    active_group_id: null,
    outage_policy: 'charge',
    groups: [],
    metadata: {},
  };

  it('B-2 a whole game of per_cycle is as the contract says: a skipped turn whose player stays in order, an adjusted cycle, cancellation', async () => {
    let ann = ANN;
    let ben: Participant = { ...ANN, participant_id: 'ben', participant_index: 1, total_time_ms: null };
    await table.create(
      {
        ...GIVEN,
        action_on_timeout: ACTION,
        active_participant_id: 'ben',
        participants: [{ participant_id: 'ann', total_time_ms: 0 }, { participant_id: 'ben' }],
      },
      { ...GIVEN, ...EMPTY, action_on_timeout: ACTION, auto_advance: false, active_participant_id: 'ben', participants: [ann, ben] },
    );
    await table.does((session_id) => table.a.socket('session:start', { session_id }), {
      event_type: 'session_started',
      change(at) {
        ben = { ...ben, is_active: true };
        return {
          status: 'running',
          participants: [ann, ben],
          session_started_at: iso(at),
          cycle_started_at: iso(at),
          deadline_at: iso(at + 2_500),
        };
      },
      charge: () => ({ participant_id: 'ben', group_id: null, time_elapsed_ms: 0, time_remaining_ms: 2_500 }),
    });

    const whose = (participant_id: string) => ({ participant_id, group_id: null });
    await table.warns(1_500, whose('ben'));
    await table.runsOut(whose('ben'), {
      change(at) {
        ben = { ...ben, time_used_ms: 2_500, cycle_count: 1, has_gone: true, has_expired: true, is_active: false };
        ann = { ...ann, is_active: true };
        return {
          active_participant_id: 'ann',
          participants: [ann, ben],
          cycle_count: 1,
          cycle_started_at: iso(at),
          deadline_at: iso(at + 2_500),
        };
      },
      charge: () => ({ ...whose('ben'), time_elapsed_ms: 2_500, time_remaining_ms: 0, metadata: { action_applied: ACTION } }),
    });

    const began = ms(table.state.cycle_started_at);
    let used = 0;
    await table.does((session_id) => table.b.rest('session:adjust', { session_id, delta_ms: 250 }), {
      event_type: 'session_adjusted',
      change(at) {
        used = at - began;
        ann = { ...ann, time_used_ms: used, time_remaining_ms: 2_750 - used };
        return { participants: [ann, ben], cycle_time_used_ms: used - 250, cycle_started_at: iso(at), deadline_at: iso(began + 2_750) };
      },
      charge: () => ({ ...whose('ann'), time_elapsed_ms: used, time_remaining_ms: 2_500 - used, metadata: { delta_ms: 250 } }),
    });

    await table.thinks(40);
    const moved = ms(table.state.cycle_started_at);
    await table.does((session_id) => table.a.rest('session:switch', { session_id, current_participant_id: 'ann' }), {
      event_type: 'cycle_switched',
      change(at) {
        ann = { ...ann, time_used_ms: used + (at - moved), time_remaining_ms: 2_500, cycle_count: 1, has_gone: true, is_active: false };
        ben = { ...ben, is_active: true, has_expired: false };
        return {
          active_participant_id: 'ben',
          participants: [ann, ben],
          cycle_count: 2,
          cycle_time_used_ms: 0,
          cycle_started_at: iso(at),
          deadline_at: iso(at + 2_500),
        };
      },
      charge: (at) => ({ ...whose('ann'), time_elapsed_ms: at - moved, time_remaining_ms: 2_750 - used - (at - moved) }),
    });

    await table.warns(1_500, whose('ben'));
    const last = ms(table.state.cycle_started_at);
    await table.does((session_id) => table.b.socket('session:cancel', { session_id, reason: 'fire alarm' }), {
      event_type: 'session_cancelled',
      change(at) {
        ben = { ...ben, time_used_ms: 2_500 + (at - last), time_remaining_ms: 2_500 - (at - last), is_active: false };
        return {
          status: 'cancelled',
          participants: [ann, ben],
          cycle_time_used_ms: at - last,
          cycle_started_at: null,
          deadline_at: null,
          session_completed_at: iso(at),
        };
      },
      charge: (at) => ({
        ...whose('ben'),
        time_elapsed_ms: at - last,
        time_remaining_ms: 2_500 - (at - last),
        metadata: { reason: 'fire alarm' },
      }),
    });
    await table.ends();
  });

  it('B-2 an agenda in per_cycle without participants goes on by itself and ends by a command', async () => {
    const nobody = { participant_id: null, group_id: null };
    await table.create(
      { ...GIVEN, auto_advance: true },
      { ...GIVEN, ...EMPTY, action_on_timeout: null, auto_advance: true, participants: [] },
    );
    await table.does((session_id) => table.b.socket('session:start', { session_id }), {
      event_type: 'session_started',
      change: (at) => ({ status: 'running', session_started_at: iso(at), cycle_started_at: iso(at), deadline_at: iso(at + 2_500) }),
      charge: () => ({ ...nobody, time_elapsed_ms: 0, time_remaining_ms: 2_500 }),
    });
    for (const cycle of [1, 2]) {
      await table.warns(1_500, nobody);
      await table.runsOut(nobody, {
        change: (at) => ({ cycle_count: cycle, cycle_started_at: iso(at), deadline_at: iso(at + 2_500) }),
        charge: () => ({ ...nobody, time_elapsed_ms: 2_500, time_remaining_ms: 0 }),
      });
    }
    const began = ms(table.state.cycle_started_at);
    await table.does((session_id) => table.a.rest('session:complete', { session_id }), {
      event_type: 'session_completed',
      change: (at) => ({
        status: 'completed',
        cycle_time_used_ms: at - began,
        cycle_started_at: null,
        deadline_at: null,
        session_completed_at: iso(at),
      }),
      charge: (at) => ({ ...nobody, time_elapsed_ms: at - began, time_remaining_ms: 2_500 - (at - began) }),
    });
    await table.ends();
  });
});
