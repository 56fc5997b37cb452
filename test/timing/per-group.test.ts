import { expect } from 'chai';
import { predictSwitch } from '#clock';
import type { CreatePayload } from '#contract';
import { at, Match, MINUTE, SECOND } from './match.ts';

/** A team match: red (ann, bob, cem), blue (dua, eli), gold (fay), who sit around the table mixed. */
const SEATS = ['ann', 'dua', 'bob', 'eli', 'cem', 'fay'];
const TEAM_OF: Record<string, string> = { ann: 'red', bob: 'red', cem: 'red', dua: 'blue', eli: 'blue', fay: 'gold' };

const GROUPS = [
  { group_id: 'gold', total_time_ms: MINUTE, members: ['fay'] },
  { group_id: 'red', total_time_ms: MINUTE, members: ['cem', 'ann', 'bob'] },
  { group_id: 'blue', total_time_ms: MINUTE, members: ['dua', 'eli'] },
];

/** Groups that are given, gold first. */
const given = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_group',
    participants: SEATS.map((participant_id) => ({ participant_id })),
    groups: GROUPS,
    ...change,
  });

/** Groups that follow from the members. */
const MEMBERS = SEATS.map((participant_id) => ({ participant_id, group_id: TEAM_OF[participant_id], total_time_ms: MINUTE }));
const derived = (change: Partial<CreatePayload> = {}) => Match.started({ sync_mode: 'per_group', participants: MEMBERS, ...change });

describe('per_group: the shared clock of a team', () => {
  it('T-54 all members use the bank of their group, and each member’s own use is counted beside it', () => {
    const match = derived()
      .switch(4 * SECOND)
      .switch(5 * SECOND)
      .switch(7 * SECOND);
    // red: ann 4 s, blue: dua 1 s, gold: fay 2 s, and red again.
    expect(match.banks).to.deep.equal({ red: 56 * SECOND, blue: 59 * SECOND, gold: 58 * SECOND });
    expect(match.switch(10 * SECOND).banks['red']).to.equal(53 * SECOND);
    expect(match.group('red')).to.include({ time_used_ms: 7 * SECOND, is_active: false, has_expired: false });
    expect(match.group('blue')).to.include({ time_used_ms: SECOND, is_active: true });
    expect([match.who('ann').time_used_ms, match.who('bob').time_used_ms, match.who('cem').time_used_ms]).to.deep.equal([
      4 * SECOND,
      3 * SECOND,
      0,
    ]);
    for (const id of ['ann', 'bob', 'cem']) expect(match.who(id)).to.include({ time_remaining_ms: 53 * SECOND, total_time_ms: MINUTE });
  });

  it('T-54 a switch earns the increment for the bank of the group, up to the ceiling', () => {
    const match = derived({ increment_ms: 3 * SECOND, max_time_ms: MINUTE + SECOND }).switch(SECOND);
    expect(match.banks['red']).to.equal(MINUTE + SECOND);
    expect(match.last).to.include({ participant_id: 'ann', group_id: 'red', time_elapsed_ms: SECOND, time_remaining_ms: 59 * SECOND });
    expect(match.switch(11 * SECOND).banks).to.deep.equal({ red: MINUTE + SECOND, blue: 53 * SECOND, gold: MINUTE });
  });
});

describe('per_group: what a pass within the team earns', () => {
  it('T-130 a switch within a group earns no increment; the one after which another group follows earns one', () => {
    const match = derived({ increment_ms: 30 * SECOND });
    for (let pass = 1; pass <= 20; pass++) match.switch(pass * 100, pass % 2 === 1 ? 'bob' : 'ann');
    expect(match.banks).to.deep.equal({ red: 58 * SECOND, blue: MINUTE, gold: MINUTE });
    expect(match.switch(3 * SECOND).banks).to.deep.equal({ red: 87 * SECOND, blue: MINUTE, gold: MINUTE });
  });

  it('T-130 a switch earns no increment where a member names themselves, or where no other group has time left', () => {
    expect(derived({ increment_ms: 500 }).switch(SECOND, 'ann').banks['red']).to.equal(59 * SECOND);
    const alone = MEMBERS.filter(({ group_id }) => group_id === 'red');
    expect(derived({ increment_ms: 500, participants: alone }).switch(SECOND).banks).to.deep.equal({ red: 59 * SECOND });
  });

  it('T-131 the client’s prediction of a switch earns the same increments as the server’s decision', () => {
    for (const next of ['bob', 'ann', 'dua', undefined]) {
      const match = derived({ increment_ms: 500 });
      const predicted = predictSwitch(match.state, Date.parse(at(SECOND)), next);
      const { version, ...decided } = match.switch(SECOND, next).state;
      expect(predicted, next).to.deep.equal({ ...decided, version: version - 1 });
    }
  });
});

describe('per_group: whose turn it is', () => {
  it('T-55 start begins with the lowest index of all, whatever the order of the groups', () => {
    expect(given().state).to.include({ active_participant_id: 'ann', active_group_id: 'red' });
    expect(derived().state).to.include({ active_participant_id: 'ann', active_group_id: 'red' });
  });

  it('T-55 start begins with the lowest index of the group that create named', () => {
    expect(given({ active_group_id: 'blue' }).state).to.include({ active_participant_id: 'dua', active_group_id: 'blue' });
    expect(given({ active_group_id: 'red' }).state.active_participant_id).to.equal('ann');
    expect(derived({ active_group_id: 'gold' }).state.active_participant_id).to.equal('fay');
  });

  it('T-55 a start may name a participant of another group than the one that create named', () => {
    const match = new Match({ sync_mode: 'per_group', participants: MEMBERS, active_group_id: 'gold' });
    expect(match.state).to.include({ active_participant_id: null, active_group_id: 'gold' });
    expect(match.play(0, { type: 'start', active_participant_id: 'eli' }).state).to.include({
      active_participant_id: 'eli',
      active_group_id: 'blue',
    });
  });

  it('T-56 groups take turns in the order in which they were given', () => {
    expect(
      given()
        .turns(10, 4)
        .map((id) => TEAM_OF[id ?? '']),
    ).to.deep.equal(['red', 'blue', 'gold', 'red', 'blue']);
    expect(
      given({ groups: GROUPS.toReversed() })
        .turns(10, 3)
        .map((id) => TEAM_OF[id ?? '']),
    ).to.deep.equal(['red', 'gold', 'blue', 'red']);
  });

  it('T-56 groups that follow from the participants are ordered by their lowest indexes, whatever the order of the array', () => {
    const participants = SEATS.map((participant_id, place) => ({
      participant_id,
      group_id: TEAM_OF[participant_id] ?? '',
      total_time_ms: MINUTE,
      participant_index: 100 - place,
    }));
    const match = derived({ participants });
    expect(match.state.groups.map(({ group_id, members }) => [group_id, ...members])).to.deep.equal([
      ['gold', 'fay'],
      ['red', 'cem', 'bob', 'ann'],
      ['blue', 'eli', 'dua'],
    ]);
    expect(match.turns(10, 3)).to.deep.equal(['fay', 'cem', 'eli', 'fay']);
  });

  it('T-57 within a group the member with the fewest turns is next, and of those the lowest index', () => {
    expect(derived().turns(10, 9)).to.deep.equal(['ann', 'dua', 'fay', 'bob', 'eli', 'fay', 'cem', 'dua', 'fay', 'ann']);
  });

  it('T-57 a member who was named more often waits until the others have as many turns', () => {
    const match = derived().switch(10, 'cem').switch(20, 'cem').switch(30, 'ann').switch(40, 'dua');
    // Ended turns: ann 2, cem 2; bob has not gone yet.
    expect(match.turns(50, 4)).to.deep.equal(['dua', 'fay', 'bob', 'eli', 'fay']);
  });

  it('T-57 a switch may name another member of the same group, and earns no increment', () => {
    const match = derived({ increment_ms: 500 }).switch(2 * SECOND, 'cem');
    expect(match.state).to.include({
      active_participant_id: 'cem',
      active_group_id: 'red',
      cycle_count: 1,
      cycle_started_at: at(2 * SECOND),
      cycle_time_used_ms: 0,
    });
    expect(match.group('red')).to.include({ total_time_ms: MINUTE - 2_000, is_active: true });
    expect(match.who('ann')).to.include({ cycle_count: 1, is_active: false });
    expect(match.state.deadline_at).to.equal(at(2 * SECOND + MINUTE - 2_000));
  });

  it('T-57 after a participant who was named, the group after theirs is next', () => {
    expect(derived().switch(10, 'fay').turns(20, 2)).to.deep.equal(['fay', 'bob', 'dua']);
  });
});

describe('per_group: a team out of time', () => {
  for (const [when, ms, falls] of [
    ['1 ms before', MINUTE - 1, false],
    ['at', MINUTE, true],
    ['1 ms after', MINUTE + 1, true],
  ] as const) {
    it(`T-40 ${when} the end of its minute the group’s bank has ${falls ? '' : 'not '}run out`, () => {
      expect(derived().pass(ms).group('red').has_expired).to.equal(falls);
    });
  }

  it('T-58 when a group runs out, all of its members are marked as expired, also those who never played', () => {
    const match = derived().pass(MINUTE);
    expect(match.state).to.include({
      status: 'expired',
      active_participant_id: 'ann',
      active_group_id: 'red',
      session_completed_at: at(MINUTE),
    });
    expect(match.group('red')).to.include({ total_time_ms: 0, time_used_ms: MINUTE, is_active: false, has_expired: true });
    expect(match.state.participants.filter((one) => one.has_expired).map((one) => one.participant_id)).to.deep.equal(['ann', 'bob', 'cem']);
    expect(match.who('cem')).to.include({ time_remaining_ms: 0, time_used_ms: 0, cycle_count: 0, has_gone: false });
    expect(match.last.expired).to.deep.equal({ participant_id: 'ann', group_id: 'red' });
  });

  it('T-58 the other groups play on without a group that has run out, and its members can’t be named', () => {
    const match = derived({ auto_advance: true }).pass(MINUTE);
    expect(match.state).to.include({ status: 'running', active_participant_id: 'dua', cycle_started_at: at(MINUTE) });
    expect(match.refusal(MINUTE + 5, { type: 'switch', next_participant_id: 'bob' }).code).to.equal('PARTICIPANT_EXPIRED');
    expect(match.turns(MINUTE + 10, 4)).to.deep.equal(['dua', 'fay', 'eli', 'fay', 'dua']);
  });

  it('T-58 the members of the last group with time play in turn until it runs out too', () => {
    const match = derived({ auto_advance: true })
      .pass(MINUTE)
      .switch(MINUTE + SECOND, 'fay')
      .pass(2 * MINUTE + SECOND);
    expect(match.state.active_group_id).to.equal('blue');
    expect(match.turns(2 * MINUTE + 2 * SECOND, 3)).to.deep.equal(['eli', 'dua', 'eli', 'dua']);
    expect(match.pass(3 * MINUTE).state).to.include({ status: 'expired', active_group_id: 'blue', session_completed_at: at(3 * MINUTE) });
  });
});
