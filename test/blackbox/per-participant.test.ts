import { Table } from './table.ts';
import { iso, ms, type Participant } from './wire.ts';

describe('a chess game, from outside', () => {
  let table: Table;
  beforeEach(async () => (table = await Table.open()));
  afterEach(() => table.close());

  const BLACK: Participant = {
    participant_id: 'black',
    participant_index: 7,
    group_id: 'guests',
    total_time_ms: 3_300,
    time_used_ms: 0,
    time_remaining_ms: 3_300,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
  };
  const WHITE: Participant = {
    ...BLACK,
    participant_id: 'white',
    participant_index: 2,
    group_id: null,
    total_time_ms: 3_500,
    time_remaining_ms: 3_500,
  };
  const ACTION = { type: 'end_session', outcome: { winner: 'the other one' } };

  it('B-1 a whole game of per_participant is as the contract says: increments, cap, pause, adjustment, warnings, the flag, completion', async () => {
    const given = {
      sync_mode: 'per_participant',
      increment_ms: 200,
      max_time_ms: 3_550,
      action_on_timeout: ACTION,
      warning_thresholds_ms: [3_200, 5_000, 1_500],
      metadata: { event: 'final', ø: [1, null] },
    };
    const named = ({ participant_id, participant_index, total_time_ms }: Participant) => ({
      participant_id,
      participant_index,
      total_time_ms,
    });
    await table.create(
      { ...given, participants: [{ ...named(BLACK), group_id: 'guests' }, named(WHITE)] },
      {
        ...given,
        total_time_ms: null,
        time_per_cycle_ms: null,
        active_participant_id: null,
        active_group_id: null,
        auto_advance: false,
        outage_policy: 'charge',
        participants: [BLACK, WHITE],
        groups: [],
      },
    );
    let white = WHITE;
    let black = BLACK;

    await table.does((session_id) => table.b.rest('session:start', { session_id }), {
      event_type: 'session_started',
      change(at) {
        white = { ...white, is_active: true };
        return {
          status: 'running',
          active_participant_id: 'white',
          participants: [black, white],
          session_started_at: iso(at),
          cycle_started_at: iso(at),
          deadline_at: iso(at + 3_500),
        };
      },
      charge: () => ({ participant_id: 'white', group_id: null, time_elapsed_ms: 0, time_remaining_ms: 3_500 }),
    });

    await table.thinks(120);
    let began = ms(table.state.cycle_started_at);
    await table.does(
      (session_id) =>
        table.a.socket('session:switch', { session_id, current_participant_id: 'white', expected_version: 2, command_id: 'e2-e4' }),
      {
        event_type: 'cycle_switched',
        change(at) {
          const used = at - began;
          // Of the increment of 200 only what fits under the ceiling of 3,550.
          const bank = 3_500 - used + Math.min(200, 3_550 - (3_500 - used));
          white = {
            ...white,
            total_time_ms: bank,
            time_remaining_ms: bank,
            time_used_ms: used,
            cycle_count: 1,
            has_gone: true,
            is_active: false,
          };
          black = { ...black, is_active: true };
          return {
            active_participant_id: 'black',
            active_group_id: 'guests',
            participants: [black, white],
            cycle_count: 1,
            cycle_started_at: iso(at),
            deadline_at: iso(at + 3_300),
          };
        },
        charge: (at) => ({
          participant_id: 'white',
          group_id: null,
          time_elapsed_ms: at - began,
          time_remaining_ms: 3_500 - (at - began),
          metadata: { command_id: 'e2-e4' },
        }),
      },
    );
    await table.warns(3_200, { participant_id: 'black', group_id: null });

    began = ms(table.state.cycle_started_at);
    let used = 0;
    await table.does((session_id) => table.b.socket('session:pause', { session_id }), {
      event_type: 'session_paused',
      change(at) {
        used = at - began;
        black = { ...black, total_time_ms: 3_300 - used, time_remaining_ms: 3_300 - used, time_used_ms: used };
        return { status: 'paused', participants: [black, white], cycle_started_at: null, deadline_at: null, cycle_time_used_ms: used };
      },
      charge: () => ({ participant_id: 'black', group_id: 'guests', time_elapsed_ms: used, time_remaining_ms: 3_300 - used }),
    });

    await table.does(
      (session_id) => table.a.rest('session:adjust', { session_id, participant_id: 'black', delta_ms: -100, reason: 'phone rang' }),
      {
        event_type: 'session_adjusted',
        change() {
          const left = 3_200 - used;
          black = { ...black, total_time_ms: left, time_remaining_ms: left };
          return { participants: [black, white] };
        },
        // The event tells what the charge left, before the adjustment.
        charge: () => ({
          participant_id: 'black',
          group_id: 'guests',
          time_elapsed_ms: 0,
          time_remaining_ms: 3_300 - used,
          metadata: { delta_ms: -100, participant_id: 'black', reason: 'phone rang' },
        }),
      },
    );

    await table.thinks(60);
    await table.does((session_id) => table.a.socket('session:resume', { session_id }), {
      event_type: 'session_resumed',
      change: (at) => ({ status: 'running', cycle_started_at: iso(at), deadline_at: iso(at + 3_200 - used) }),
      charge: () => ({ participant_id: 'black', group_id: 'guests', time_elapsed_ms: 0, time_remaining_ms: 3_200 - used }),
    });

    await table.thinks(50);
    began = ms(table.state.cycle_started_at);
    let whiteBank = 0;
    await table.does((session_id) => table.b.rest('session:switch', { session_id, next_participant_id: 'white' }), {
      event_type: 'cycle_switched',
      change(at) {
        const more = at - began;
        const bank = 3_200 - used - more + 200;
        whiteBank = white.total_time_ms ?? 0;
        black = {
          ...black,
          total_time_ms: bank,
          time_remaining_ms: bank,
          time_used_ms: used + more,
          cycle_count: 1,
          has_gone: true,
          is_active: false,
        };
        white = { ...white, is_active: true };
        return {
          active_participant_id: 'white',
          active_group_id: null,
          participants: [black, white],
          cycle_count: 2,
          cycle_time_used_ms: 0,
          cycle_started_at: iso(at),
          deadline_at: iso(at + whiteBank),
        };
      },
      charge: (at) => ({
        participant_id: 'black',
        group_id: 'guests',
        time_elapsed_ms: at - began,
        time_remaining_ms: 3_200 - used - (at - began),
      }),
    });

    const flag = { participant_id: 'white', group_id: null };
    await table.warns(3_200, flag);
    await table.warns(1_500, flag);
    await table.runsOut(flag, {
      change(at) {
        white = {
          ...white,
          total_time_ms: 0,
          time_remaining_ms: 0,
          time_used_ms: white.time_used_ms + whiteBank,
          cycle_count: 2,
          is_active: false,
          has_expired: true,
        };
        return {
          status: 'expired',
          participants: [black, white],
          cycle_count: 3,
          cycle_time_used_ms: whiteBank,
          cycle_started_at: null,
          deadline_at: null,
          session_completed_at: iso(at),
        };
      },
      charge: () => ({ ...flag, time_elapsed_ms: whiteBank, time_remaining_ms: 0, metadata: { action_applied: ACTION } }),
    });

    await table.does((session_id) => table.b.socket('session:complete', { session_id }), {
      event_type: 'session_completed',
      change: () => ({ status: 'completed' }),
      charge: () => ({ ...flag, time_elapsed_ms: 0, time_remaining_ms: 0 }),
    });
    await table.ends();
  });
});
