import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { at, Match, SECOND } from './match.ts';

const LOT = 30 * SECOND;

/** An auction: each bidder has 30 s, and whoever doesn't bid is skipped. */
const auction = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    time_per_cycle_ms: LOT,
    participants: ['ann', 'bob', 'cem'].map((participant_id) => ({ participant_id })),
    action_on_timeout: { type: 'skip_cycle' },
    ...change,
  });

/** The agenda of a meeting: items without anybody in particular. */
const agenda = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: LOT, auto_advance: true, ...change });

describe('per_cycle: an auction', () => {
  it('T-50 each cycle begins with time_per_cycle_ms, whatever the cycle before it left', () => {
    const lot = auction().switch(29_999);
    expect(lot.state).to.include({
      active_participant_id: 'bob',
      cycle_started_at: at(29_999),
      cycle_time_used_ms: 0,
      deadline_at: at(29_999 + LOT),
    });
    expect(lot.last).to.include({ participant_id: 'ann', time_elapsed_ms: 29_999, time_remaining_ms: 1 });
    expect(lot.times).to.deep.equal({ ann: LOT, bob: LOT, cem: LOT });
    expect(lot.who('ann')).to.include({ time_used_ms: 29_999, cycle_count: 1, total_time_ms: null });
  });

  for (const [when, ms, expired] of [
    ['1 ms before the end', LOT - 1, 0],
    ['at the end', LOT, 1],
    ['1 ms after the end', LOT + 1, 1],
  ] as const) {
    it(`T-40 ${when} of the 30 s ${expired} cycles have run out`, () => {
      const lot = auction().pass(ms);
      expect(lot.expiries).to.have.lengthOf(expired);
      expect(lot.state).to.include({ status: 'running', active_participant_id: expired === 0 ? 'ann' : 'bob' });
      expect(lot.left(ms)).to.equal([1, LOT, LOT - 1][ms - LOT + 1]);
    });
  }

  it('T-52 a participant whose time ran out stays in the order, and is marked as expired until their next cycle begins', () => {
    const lot = auction().pass(LOT);
    expect(lot.who('ann')).to.include({ has_expired: true, cycle_count: 1, has_gone: true, time_remaining_ms: LOT, time_used_ms: LOT });
    expect(lot.turns(LOT + 10, 1)).to.deep.equal(['bob', 'cem']);
    expect(lot.who('ann').has_expired).to.equal(true);
    lot.switch(LOT + 100);
    expect(lot.state.active_participant_id).to.equal('ann');
    expect(lot.who('ann')).to.include({ has_expired: false, is_active: true, time_remaining_ms: LOT });
  });

  it('T-52 the next cycle of a single participant begins at once, and ends their mark', () => {
    const lot = auction({ participants: [{ participant_id: 'ann' }] }).pass(LOT);
    expect(lot.who('ann')).to.include({ has_expired: false, is_active: true, cycle_count: 1, time_used_ms: LOT });
    expect(lot.expiries[0]?.expired).to.deep.equal({ participant_id: 'ann', group_id: null });
  });

  it('T-41 a night in which nobody looked is caught up cycle by cycle, each as of its own deadline', () => {
    const lot = auction().pass(2_500 * LOT + 17);
    expect(lot.expiries).to.have.lengthOf(2_500);
    for (const [place, event] of lot.expiries.entries()) {
      expect(event.state.updated_at).to.equal(at((place + 1) * LOT));
      expect(event).to.include({ participant_id: ['ann', 'bob', 'cem'][place % 3], time_elapsed_ms: LOT });
    }
    expect(lot.state).to.include({ version: 2_502, cycle_count: 2_500, cycle_started_at: at(2_500 * LOT), active_participant_id: 'bob' });
    expect(lot.who('ann')).to.include({ cycle_count: 834, time_used_ms: 834 * LOT });
  });

  it('T-51 in per_cycle increment_ms and max_time_ms have no effect', () => {
    expect(
      auction({ increment_ms: 5 * SECOND, max_time_ms: 40 * SECOND })
        .switch(SECOND)
        .switch(2 * SECOND).state.deadline_at,
    ).to.equal(at(32 * SECOND));
  });

  it('T-47 in per_cycle a switch may name any participant, also one whose time ran out before', () => {
    const lot = auction()
      .pass(LOT)
      .switch(LOT + 10, 'ann');
    expect(lot.state.active_participant_id).to.equal('ann');
    expect(lot.refusal(LOT + 20, { type: 'switch', next_participant_id: 'zoe' }).code).to.equal('PARTICIPANT_NOT_FOUND');
  });

  it('T-60 an adjustment in per_cycle changes the present cycle only, and names nobody', () => {
    const lot = auction().play(10 * SECOND, { type: 'adjust', delta_ms: 7 * SECOND });
    expect(lot.state).to.include({ deadline_at: at(37 * SECOND), cycle_started_at: at(10 * SECOND), time_per_cycle_ms: LOT });
    expect(lot.times).to.deep.equal({ ann: 27 * SECOND, bob: LOT, cem: LOT });
    expect(lot.pass(37 * SECOND).who('ann').time_used_ms).to.equal(37 * SECOND);
    expect(lot.state).to.include({ active_participant_id: 'bob', deadline_at: at(37 * SECOND + LOT), cycle_time_used_ms: 0 });
  });
});

describe('per_cycle: the agenda of a meeting, with nobody in it', () => {
  it('T-53 a session without participants goes to the next cycle when the time of one is over', () => {
    const meeting = agenda().pass(3 * LOT + 1);
    expect(meeting.state).to.include({
      status: 'running',
      cycle_count: 3,
      active_participant_id: null,
      active_group_id: null,
      cycle_started_at: at(3 * LOT),
    });
    expect(meeting.last).to.include({ event_type: 'participant_expired', participant_id: null, time_elapsed_ms: LOT });
    expect(meeting.last.expired).to.deep.equal({ participant_id: null, group_id: null });
  });

  it('T-53 a switch begins the next cycle of a session without participants early', () => {
    const meeting = agenda().switch(4 * SECOND);
    expect(meeting.state).to.include({ cycle_count: 1, deadline_at: at(4 * SECOND + LOT), cycle_time_used_ms: 0 });
    expect(meeting.left(5 * SECOND)).to.equal(LOT - SECOND);
  });

  it('T-53 a session without participants ends with its first expiry where nothing makes it go on', () => {
    expect(agenda({ auto_advance: false }).pass(LOT).state).to.include({
      status: 'expired',
      cycle_count: 1,
      session_completed_at: at(LOT),
    });
  });

  it('T-53 a switch in a session without participants cannot name anybody', () => {
    for (const field of ['current_participant_id', 'next_participant_id']) {
      expect(agenda().refusal(10, { type: 'switch', [field]: 'ann' }).code).to.equal('PARTICIPANT_NOT_FOUND');
    }
    expect(
      new Match({ sync_mode: 'per_cycle', time_per_cycle_ms: LOT }).refusal(0, { type: 'start', active_participant_id: 'ann' }).code,
    ).to.equal('PARTICIPANT_NOT_FOUND');
  });
});
