import { Table } from './table.ts';
import { type Group, iso, ms, type Participant } from './wire.ts';

describe('a team match, from outside', () => {
  let table: Table;
  beforeEach(async () => (table = await Table.open()));
  afterEach(() => table.close());

  const ANN: Participant = {
    participant_id: 'ann',
    participant_index: 0,
    group_id: 'red',
    total_time_ms: null,
    time_used_ms: 0,
    time_remaining_ms: 3_100,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
  };
  const RED: Group = {
    group_id: 'red',
    total_time_ms: 3_100,
    time_used_ms: 0,
    is_active: false,
    has_expired: false,
    members: ['ann', 'cem'],
  };

  it('B-3 a whole game of per_group is as the contract says: turns between and within groups, a shared bank, both run out', async () => {
    const given = { sync_mode: 'per_group', increment_ms: 50, auto_advance: true, warning_thresholds_ms: [1_500] };
    let [ann, ben, cem]: [Participant, Participant, Participant] = [
      ANN,
      { ...ANN, participant_id: 'ben', participant_index: 1, group_id: 'blue', time_remaining_ms: 3_000 },
      { ...ANN, participant_id: 'cem', participant_index: 2 },
    ];
    let red = RED;
    let blue: Group = { ...RED, group_id: 'blue', total_time_ms: 3_000, members: ['ben'] };
    const all = () => ({ participants: [ann, ben, cem], groups: [red, blue] });
    await table.create(
      {
        ...given,
        groups: [
          { group_id: 'red', total_time_ms: 3_100, members: ['ann', 'cem'] },
          { group_id: 'blue', total_time_ms: 3_000 },
        ],
        participants: [{ participant_id: 'ann' }, { participant_id: 'ben', group_id: 'blue' }, { participant_id: 'cem' }],
      },
      {
        ...given,
        ...all(),
        total_time_ms: null,
        time_per_cycle_ms: null,
        max_time_ms: null,
        active_participant_id: null,
        active_group_id: null,
        action_on_timeout: null,
        outage_policy: 'charge',
        metadata: {},
      },
    );

    await table.does((session_id) => table.a.rest('session:start', { session_id }), {
      event_type: 'session_started',
      change(at) {
        ann = { ...ann, is_active: true };
        red = { ...red, is_active: true };
        return {
          ...all(),
          status: 'running',
          active_participant_id: 'ann',
          active_group_id: 'red',
          session_started_at: iso(at),
          cycle_started_at: iso(at),
          deadline_at: iso(at + 3_100),
        };
      },
      charge: () => ({ participant_id: 'ann', group_id: 'red', time_elapsed_ms: 0, time_remaining_ms: 3_100 }),
    });

    await table.thinks(80);
    const began = ms(table.state.cycle_started_at);
    let redBank = 0;
    await table.does((session_id) => table.b.socket('session:switch', { session_id }), {
      event_type: 'cycle_switched',
      change(at) {
        const used = at - began;
        redBank = 3_100 - used + 50;
        ann = { ...ann, time_used_ms: used, time_remaining_ms: redBank, cycle_count: 1, has_gone: true, is_active: false };
        cem = { ...cem, time_remaining_ms: redBank };
        ben = { ...ben, is_active: true };
        red = { ...red, total_time_ms: redBank, time_used_ms: used, is_active: false };
        blue = { ...blue, is_active: true };
        return {
          ...all(),
          active_participant_id: 'ben',
          active_group_id: 'blue',
          cycle_count: 1,
          cycle_started_at: iso(at),
          deadline_at: iso(at + 3_000),
        };
      },
      charge: (at) => ({ participant_id: 'ann', group_id: 'red', time_elapsed_ms: at - began, time_remaining_ms: 3_100 - (at - began) }),
    });

    const blues = ms(table.state.cycle_started_at);
    let blueBank = 0;
    await table.does((session_id) => table.a.socket('session:switch', { session_id, current_participant_id: 'ben' }), {
      event_type: 'cycle_switched',
      change(at) {
        const used = at - blues;
        blueBank = 3_000 - used + 50;
        ben = { ...ben, time_used_ms: used, time_remaining_ms: blueBank, cycle_count: 1, has_gone: true, is_active: false };
        blue = { ...blue, total_time_ms: blueBank, time_used_ms: used, is_active: false };
        // Of the reds, cem has gone less often.
        cem = { ...cem, is_active: true };
        red = { ...red, is_active: true };
        return {
          ...all(),
          active_participant_id: 'cem',
          active_group_id: 'red',
          cycle_count: 2,
          cycle_started_at: iso(at),
          deadline_at: iso(at + redBank),
        };
      },
      charge: (at) => ({ participant_id: 'ben', group_id: 'blue', time_elapsed_ms: at - blues, time_remaining_ms: 3_000 - (at - blues) }),
    });

    const cems = { participant_id: 'cem', group_id: 'red' };
    await table.warns(1_500, cems);
    await table.runsOut(cems, {
      change(at) {
        ann = { ...ann, time_remaining_ms: 0, has_expired: true };
        cem = { ...cem, time_used_ms: redBank, time_remaining_ms: 0, cycle_count: 1, has_gone: true, is_active: false, has_expired: true };
        red = { ...red, total_time_ms: 0, time_used_ms: red.time_used_ms + redBank, is_active: false, has_expired: true };
        ben = { ...ben, is_active: true };
        blue = { ...blue, is_active: true };
        return {
          ...all(),
          active_participant_id: 'ben',
          active_group_id: 'blue',
          cycle_count: 3,
          cycle_started_at: iso(at),
          deadline_at: iso(at + blueBank),
        };
      },
      charge: () => ({ ...cems, time_elapsed_ms: redBank, time_remaining_ms: 0 }),
    });

    const bens = { participant_id: 'ben', group_id: 'blue' };
    await table.warns(1_500, bens);
    await table.runsOut(bens, {
      change(at) {
        ben = {
          ...ben,
          time_used_ms: ben.time_used_ms + blueBank,
          time_remaining_ms: 0,
          cycle_count: 2,
          is_active: false,
          has_expired: true,
        };
        blue = { ...blue, total_time_ms: 0, time_used_ms: blue.time_used_ms + blueBank, is_active: false, has_expired: true };
        return {
          ...all(),
          status: 'expired',
          cycle_count: 4,
          cycle_time_used_ms: blueBank,
          cycle_started_at: null,
          deadline_at: null,
          session_completed_at: iso(at),
        };
      },
      charge: () => ({ ...bens, time_elapsed_ms: blueBank, time_remaining_ms: 0 }),
    });
    await table.ends();
  });
});
