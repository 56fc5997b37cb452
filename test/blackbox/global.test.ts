import { Table } from './table.ts';
import { iso, ms, type Participant } from './wire.ts';

describe('an exam, from outside', () => {
  let table: Table;
  beforeEach(async () => (table = await Table.open()));
  afterEach(() => table.close());

  const ORAL: Participant = {
    participant_id: 'oral',
    participant_index: 0,
    group_id: null,
    total_time_ms: null,
    time_used_ms: 0,
    time_remaining_ms: 3_400,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
  };
  const ACTION = { type: 'skip_cycle', note: 'nothing can follow a countdown' };

  it('B-4 a whole game of global is as the contract says: laps, a pause, an extension, warnings once a session, the end', async () => {
    const given = {
      sync_mode: 'global',
      time_per_cycle_ms: 3_400,
      action_on_timeout: ACTION,
      auto_advance: true,
      warning_thresholds_ms: [3_000, 1_500],
    };
    let oral = ORAL;
    let written: Participant = { ...ORAL, participant_id: 'written', participant_index: 1 };
    await table.create(
      { ...given, participants: [{ participant_id: 'oral' }, { participant_id: 'written' }] },
      {
        ...given,
        total_time_ms: 3_400,
        increment_ms: 0,
        max_time_ms: null,
        active_participant_id: null,
        active_group_id: null,
        outage_policy: 'charge',
        participants: [oral, written],
        groups: [],
        metadata: {},
      },
    );
    const left = (time_remaining_ms: number) => {
      oral = { ...oral, time_remaining_ms };
      written = { ...written, time_remaining_ms };
    };
    await table.does((session_id) => table.b.rest('session:start', { session_id, active_participant_id: 'written' }), {
      event_type: 'session_started',
      change(at) {
        written = { ...written, is_active: true };
        return {
          status: 'running',
          active_participant_id: 'written',
          participants: [oral, written],
          session_started_at: iso(at),
          cycle_started_at: iso(at),
          deadline_at: iso(at + 3_400),
        };
      },
      charge: () => ({ participant_id: 'written', group_id: null, time_elapsed_ms: 0, time_remaining_ms: 3_400 }),
    });

    const nobody = { participant_id: null, group_id: null };
    await table.warns(3_000, nobody);
    const began = ms(table.state.cycle_started_at);
    let used = 0;
    await table.does((session_id) => table.a.socket('session:switch', { session_id }), {
      event_type: 'cycle_switched',
      change(at) {
        used = at - began;
        written = { ...written, time_used_ms: used, cycle_count: 1, has_gone: true, is_active: false };
        oral = { ...oral, is_active: true };
        left(3_400 - used);
        return {
          active_participant_id: 'oral',
          participants: [oral, written],
          cycle_count: 1,
          cycle_time_used_ms: used,
          cycle_started_at: iso(at),
          deadline_at: iso(began + 3_400),
        };
      },
      charge: () => ({ participant_id: 'written', group_id: null, time_elapsed_ms: used, time_remaining_ms: 3_400 - used }),
    });

    const lap = ms(table.state.cycle_started_at);
    let more = 0;
    await table.does((session_id) => table.a.rest('session:pause', { session_id }), {
      event_type: 'session_paused',
      change(at) {
        more = at - lap;
        oral = { ...oral, time_used_ms: more };
        left(3_400 - used - more);
        return {
          status: 'paused',
          participants: [oral, written],
          cycle_time_used_ms: used + more,
          cycle_started_at: null,
          deadline_at: null,
        };
      },
      charge: () => ({ participant_id: 'oral', group_id: null, time_elapsed_ms: more, time_remaining_ms: 3_400 - used - more }),
    });
    await table.does((session_id) => table.b.socket('session:adjust', { session_id, delta_ms: -100 }), {
      event_type: 'session_adjusted',
      change() {
        left(3_300 - used - more);
        return { participants: [oral, written], cycle_time_used_ms: used + more + 100 };
      },
      charge: () => ({
        participant_id: 'oral',
        group_id: null,
        time_elapsed_ms: 0,
        time_remaining_ms: 3_400 - used - more,
        metadata: { delta_ms: -100 },
      }),
    });
    await table.thinks(50);
    await table.does((session_id) => table.b.rest('session:resume', { session_id }), {
      event_type: 'session_resumed',
      change: (at) => ({ status: 'running', cycle_started_at: iso(at), deadline_at: iso(at + 3_300 - used - more) }),
      charge: () => ({ participant_id: 'oral', group_id: null, time_elapsed_ms: 0, time_remaining_ms: 3_300 - used - more }),
    });

    await table.warns(1_500, nobody);
    await table.runsOut(nobody, {
      change(at) {
        oral = { ...oral, time_used_ms: 3_300 - used, cycle_count: 1, has_gone: true, is_active: false };
        left(0);
        return {
          status: 'expired',
          participants: [oral, written],
          cycle_count: 2,
          cycle_time_used_ms: 3_400,
          cycle_started_at: null,
          deadline_at: null,
          session_completed_at: iso(at),
        };
      },
      charge: () => ({
        participant_id: 'oral',
        group_id: null,
        time_elapsed_ms: 3_300 - used - more,
        time_remaining_ms: 0,
        metadata: { action_applied: ACTION },
      }),
    });
    await table.ends();
  });
});
