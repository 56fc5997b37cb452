import { Table } from './table.ts';
import { iso, ms, type Participant } from './wire.ts';

describe('a stopwatch, from outside', () => {
  let table: Table;
  beforeEach(async () => (table = await Table.open()));
  afterEach(() => table.close());

  const RUNNER: Participant = {
    participant_id: 'runner',
    participant_index: 0,
    group_id: 'club',
    total_time_ms: null,
    time_used_ms: 0,
    time_remaining_ms: 3_000,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
  };
  const REST_OF = {
    total_time_ms: null,
    time_per_cycle_ms: null,
    increment_ms: 0,
    active_participant_id: null,
    active_group_id: null,
    action_on_timeout: null,
    auto_advance: false,
    outage_policy: 'charge',
    groups: [],
    metadata: {},
  };

  it('B-5 a whole game of count_up is as the contract says: laps, a ceiling that moves and is reached, deletion', async () => {
    const given = { sync_mode: 'count_up', max_time_ms: 3_000, warning_thresholds_ms: [1_500] };
    let runner = RUNNER;
    await table.create(
      { ...given, participants: [{ participant_id: 'runner', group_id: 'club' }] },
      { ...given, ...REST_OF, participants: [runner] },
    );
    await table.does((session_id) => table.a.socket('session:start', { session_id }), {
      event_type: 'session_started',
      change(at) {
        runner = { ...runner, is_active: true };
        return {
          status: 'running',
          active_participant_id: 'runner',
          active_group_id: 'club',
          participants: [runner],
          session_started_at: iso(at),
          cycle_started_at: iso(at),
          deadline_at: iso(at + 3_000),
        };
      },
      charge: () => ({ participant_id: 'runner', group_id: 'club', time_elapsed_ms: 0, time_remaining_ms: 3_000 }),
    });
    const started = ms(table.state.cycle_started_at);
    let used = 0;
    for (const lap of [1, 2]) {
      await table.thinks(60);
      const began = ms(table.state.cycle_started_at);
      await table.does((session_id) => (lap === 1 ? table.b : table.a).rest('session:switch', { session_id }), {
        event_type: 'cycle_switched',
        change(at) {
          used = at - started;
          runner = { ...runner, time_used_ms: used, time_remaining_ms: 3_000 - used, cycle_count: lap, has_gone: true };
          return { participants: [runner], cycle_count: lap, cycle_time_used_ms: used, cycle_started_at: iso(at) };
        },
        charge: (at) => ({ participant_id: 'runner', group_id: 'club', time_elapsed_ms: at - began, time_remaining_ms: 3_000 - used }),
      });
    }
    const lapped = ms(table.state.cycle_started_at);
    await table.does((session_id) => table.b.socket('session:adjust', { session_id, delta_ms: 150 }), {
      event_type: 'session_adjusted',
      change(at) {
        used = at - started;
        runner = { ...runner, time_used_ms: used, time_remaining_ms: 3_150 - used };
        return {
          participants: [runner],
          max_time_ms: 3_150,
          cycle_time_used_ms: used,
          cycle_started_at: iso(at),
          deadline_at: iso(started + 3_150),
        };
      },
      charge: (at) => ({
        participant_id: 'runner',
        group_id: 'club',
        time_elapsed_ms: at - lapped,
        time_remaining_ms: 3_000 - used,
        metadata: { delta_ms: 150 },
      }),
    });

    const nobody = { participant_id: null, group_id: null };
    await table.warns(1_500, nobody);
    const before = used;
    await table.runsOut(nobody, {
      change(at) {
        runner = { ...runner, time_used_ms: 3_150, time_remaining_ms: 0, cycle_count: 3, is_active: false };
        return {
          status: 'expired',
          participants: [runner],
          cycle_count: 3,
          cycle_time_used_ms: 3_150,
          cycle_started_at: null,
          deadline_at: null,
          session_completed_at: iso(at),
        };
      },
      charge: () => ({ participant_id: 'runner', group_id: 'club', time_elapsed_ms: 3_150 - before, time_remaining_ms: 0 }),
    });
    await table.deletes((session_id) => table.a.rest('session:delete', { session_id }), {
      change: () => ({}),
      charge: () => ({ participant_id: 'runner', group_id: 'club', time_elapsed_ms: 0, time_remaining_ms: 0 }),
    });
  });

  it('B-5 count_up without a ceiling and without participants never runs out, and ends by a command', async () => {
    const given = { sync_mode: 'count_up', warning_thresholds_ms: [3_000] };
    const nobody = { participant_id: null, group_id: null };
    await table.create(given, { ...given, ...REST_OF, max_time_ms: null, participants: [] });
    await table.does((session_id) => table.b.rest('session:start', { session_id }), {
      event_type: 'session_started',
      change: (at) => ({ status: 'running', session_started_at: iso(at), cycle_started_at: iso(at) }),
      charge: () => ({ ...nobody, time_elapsed_ms: 0, time_remaining_ms: null }),
    });
    await table.thinks(80);
    const began = ms(table.state.cycle_started_at);
    await table.does((session_id) => table.a.socket('session:complete', { session_id }), {
      event_type: 'session_completed',
      change: (at) => ({ status: 'completed', cycle_time_used_ms: at - began, cycle_started_at: null, session_completed_at: iso(at) }),
      charge: (at) => ({ ...nobody, time_elapsed_ms: at - began, time_remaining_ms: null }),
    });
    await table.ends();
  });
});
