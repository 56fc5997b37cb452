import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { at, Match, MINUTE, SECOND } from './match.ts';

const blitz = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_participant',
    participants: [
      { participant_id: 'white', total_time_ms: 3 * MINUTE },
      { participant_id: 'black', total_time_ms: 3 * MINUTE },
    ],
    ...change,
  });

/** Four at a board game, seated in the order north, east, south, west. */
const board = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_participant',
    participants: ['north', 'east', 'south', 'west'].map((participant_id) => ({ participant_id, total_time_ms: 10 * SECOND })),
    auto_advance: true,
    ...change,
  });

describe('per_participant: a chess clock', () => {
  for (const [when, ms, falls] of [
    ['1 ms before the time is over', 3 * MINUTE - 1, false],
    ['when the time is over', 3 * MINUTE, true],
    ['1 ms after it', 3 * MINUTE + 1, true],
  ] as const) {
    it(`T-40 a clock has ${falls ? '' : 'not '}run out ${when}`, () => {
      const game = blitz().pass(ms);
      expect(game.state.status).to.equal(falls ? 'expired' : 'running');
      expect(game.left(ms)).to.equal(falls ? 0 : 1);
      expect(game.expiries).to.have.lengthOf(falls ? 1 : 0);
    });

    it(`T-42 a switch ${when} ${falls ? 'finds the expiry applied' : 'is in time'}`, () => {
      const game = blitz();
      if (falls) expect(game.refusal(ms, { type: 'switch' }).code).to.equal('INVALID_STATE_TRANSITION');
      else expect(game.switch(ms).times).to.deep.equal({ white: 1, black: 3 * MINUTE });
    });
  }

  it('T-41 an expiry is recorded as of its deadline, however late it is noticed', () => {
    const punctual = blitz()
      .switch(MINUTE)
      .pass(4 * MINUTE);
    const late = blitz()
      .switch(MINUTE)
      .pass(9 * 60 * MINUTE);
    expect(late.events).to.deep.equal(punctual.events);
    expect(late.last).to.include({
      event_type: 'participant_expired',
      participant_id: 'black',
      time_elapsed_ms: 3 * MINUTE,
      time_remaining_ms: 0,
    });
    expect(late.last.expired).to.deep.equal({ participant_id: 'black', group_id: null });
    expect(late.state).to.include({
      version: 4,
      updated_at: at(4 * MINUTE),
      session_completed_at: at(4 * MINUTE),
      deadline_at: null,
      cycle_started_at: null,
    });
  });

  it('T-43 an expiry leaves 0 ms on the clock, counts what was left as used, and keeps active_participant_id', () => {
    const game = blitz().pass(3 * MINUTE);
    expect(game.who('white')).to.deep.include({ total_time_ms: 0, time_remaining_ms: 0, time_used_ms: 3 * MINUTE, cycle_count: 1 });
    expect(game.who('white')).to.deep.include({ has_expired: true, has_gone: true, is_active: false });
    expect(game.who('black')).to.deep.include({ has_expired: false, total_time_ms: 3 * MINUTE, is_active: false });
    expect(game.state).to.include({ active_participant_id: 'white', cycle_count: 1, cycle_time_used_ms: 3 * MINUTE });
  });

  it('T-44 an expiry earns no increment', () => {
    const game = blitz({ increment_ms: 2 * SECOND })
      .switch(SECOND)
      .pass(SECOND + 3 * MINUTE);
    expect(game.times).to.deep.equal({ white: 3 * MINUTE + SECOND, black: 0 });
  });

  it('T-44 an increment counts for the deadline of the next turn', () => {
    const game = blitz({ increment_ms: 2 * SECOND })
      .switch(500)
      .switch(1_000);
    expect(game.state.deadline_at).to.equal(at(1_000 + 3 * MINUTE + 1_500));
  });

  it('T-44 a switch at the last millisecond before the deadline earns the whole increment', () => {
    expect(blitz({ increment_ms: 2 * SECOND }).switch(3 * MINUTE - 1).times['white']).to.equal(1 + 2 * SECOND);
  });
});

describe('per_participant: a board game that goes on', () => {
  it('T-45 the next cycle begins at the deadline, not when the expiry is noticed', () => {
    const game = board().pass(10 * SECOND + 700);
    expect(game.state).to.include({
      status: 'running',
      active_participant_id: 'east',
      cycle_started_at: at(10 * SECOND),
      deadline_at: at(20 * SECOND),
    });
    expect(game.state).to.include({ cycle_count: 1, cycle_time_used_ms: 0, version: 3, session_completed_at: null });
    expect(game.who('north')).to.include({ has_expired: true, is_active: false });
    expect(game.left(10 * SECOND + 700)).to.equal(9_300);
  });

  it('T-45 no cycle_switched event follows an expiry', () => {
    expect(
      board()
        .pass(10 * SECOND)
        .events.map(({ event_type }) => event_type),
    ).to.deep.equal(['session_created', 'session_started', 'participant_expired']);
  });

  it('T-46 participants run out in turn, each at their own deadline, and with the last one the session has expired', () => {
    const game = board().pass(3_600 * SECOND);
    expect(game.expiries.map((event) => [event.participant_id, event.at - game.expiries[0]!.at])).to.deep.equal([
      ['north', 0],
      ['east', 10 * SECOND],
      ['south', 20 * SECOND],
      ['west', 30 * SECOND],
    ]);
    expect(game.state).to.include({ status: 'expired', active_participant_id: 'west', session_completed_at: at(40 * SECOND), version: 6 });
    expect(game.state.participants.every(({ has_expired }) => has_expired)).to.equal(true);
  });

  it('T-47 a participant without time is left out of the order', () => {
    const game = board().pass(10 * SECOND);
    expect(game.turns(11 * SECOND, 4)).to.deep.equal(['east', 'south', 'west', 'east', 'south']);
    expect(game.refusal(12 * SECOND, { type: 'switch', next_participant_id: 'north' }).code).to.equal('PARTICIPANT_EXPIRED');
  });

  it('T-47 the last participant with time follows themselves', () => {
    const game = board({ participants: ['north', 'east'].map((participant_id) => ({ participant_id, total_time_ms: 10 * SECOND })) }).pass(
      10 * SECOND,
    );
    expect(game.switch(11 * SECOND).state.active_participant_id).to.equal('east');
    expect(game.pass(20 * SECOND).state).to.include({ status: 'expired', active_participant_id: 'east' });
    expect(game.who('east')).to.include({ cycle_count: 2, time_used_ms: 10 * SECOND });
  });

  it('T-47 a participant who is named gets the turn, and the order goes on from there', () => {
    const game = board().switch(SECOND, 'west');
    expect(game.turns(2 * SECOND, 2)).to.deep.equal(['west', 'north', 'east']);
  });

  it('T-47 a switch that names the active participant is an ordinary turn: counted, charged, and with the increment', () => {
    const game = board({ increment_ms: 300 }).switch(SECOND, 'north');
    expect(game.who('north')).to.include({ cycle_count: 1, time_remaining_ms: 9_300, is_active: true });
    expect(game.state).to.include({ cycle_started_at: at(SECOND), cycle_time_used_ms: 0 });
  });
});

describe('per_participant: extra time', () => {
  it('T-60 an adjustment changes the named bank only, whoever’s turn it is', () => {
    const game = blitz().play(SECOND, { type: 'adjust', participant_id: 'black', delta_ms: 5 * SECOND, reason: 'phone rang' });
    expect(game.times).to.deep.equal({ white: 3 * MINUTE - SECOND, black: 3 * MINUTE + 5 * SECOND });
    expect(game.last).to.include({ event_type: 'session_adjusted', participant_id: 'white', time_elapsed_ms: SECOND });
    expect(game.last.metadata).to.deep.equal({ delta_ms: 5 * SECOND, participant_id: 'black', reason: 'phone rang' });
    expect(game.state).to.include({
      cycle_started_at: at(SECOND),
      cycle_time_used_ms: SECOND,
      deadline_at: at(3 * MINUTE),
      cycle_count: 0,
    });
  });

  it('T-60 an adjustment of the active participant’s bank moves the deadline', () => {
    const game = blitz().play(SECOND, { type: 'adjust', participant_id: 'white', delta_ms: 5 * SECOND });
    expect(game.state.deadline_at).to.equal(at(3 * MINUTE + 5 * SECOND));
    expect(game.pass(3 * MINUTE + 5 * SECOND).state.status).to.equal('expired');
    expect(game.who('white')).to.include({ time_used_ms: 3 * MINUTE + 5 * SECOND, total_time_ms: 0 });
  });
});
