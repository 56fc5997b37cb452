import { expect } from 'chai';
import type { SessionState } from '#contract';
import { at, banks, eventOf, MINUTE, play, refusal, setUp, started, who } from './steps.ts';

const SWITCH = { type: 'switch' } as const;

describe('the start', () => {
  it('T-10 start runs the clock of the lowest index, whatever the order of the array', () => {
    const participants = [
      { participant_id: 'black', participant_index: 7, total_time_ms: MINUTE },
      { participant_id: 'white', participant_index: 2, total_time_ms: MINUTE },
    ];
    const state = play(setUp({ participants }), 500, { type: 'start' });
    expect(state).to.include({ status: 'running', active_participant_id: 'white', version: 2 });
    expect(state).to.include({
      session_started_at: at(500),
      cycle_started_at: at(500),
      deadline_at: at(500 + MINUTE),
      updated_at: at(500),
    });
    expect(who(state, 'white').is_active).to.equal(true);
    expect(who(state, 'black').is_active).to.equal(false);
  });

  it('T-10 start runs the clock of the participant that create named, unless the start names another one', () => {
    const state = setUp({ active_participant_id: 'black' });
    expect(play(state, 0, { type: 'start' }).active_participant_id).to.equal('black');
    expect(play(state, 0, { type: 'start', active_participant_id: 'white' }).active_participant_id).to.equal('white');
  });

  it('T-10 the time before the start is charged to nobody', () => {
    const event = eventOf(setUp(), 3 * MINUTE, { type: 'start' });
    expect(event).to.include({ event_type: 'session_started', time_elapsed_ms: 0 });
    expect(banks(event.state)).to.deep.equal({ white: 5 * MINUTE, black: 5 * MINUTE });
  });

  it('T-10 a start that names somebody who is no participant is refused', () => {
    expect(refusal(setUp(), 0, { type: 'start', active_participant_id: 'grey' }).code).to.equal('PARTICIPANT_NOT_FOUND');
  });
});

describe('a move', () => {
  it('T-11 a switch charges the active participant to the millisecond and starts the clock of the next one', () => {
    const event = eventOf(started(), 7_321, SWITCH);
    expect(event).to.include({
      event_type: 'cycle_switched',
      participant_id: 'white',
      time_elapsed_ms: 7_321,
      time_remaining_ms: 5 * MINUTE - 7_321,
    });
    const { state } = event;
    expect(banks(state)).to.deep.equal({ white: 5 * MINUTE - 7_321, black: 5 * MINUTE });
    expect(who(state, 'white')).to.include({
      time_used_ms: 7_321,
      total_time_ms: 5 * MINUTE - 7_321,
      cycle_count: 1,
      has_gone: true,
      is_active: false,
    });
    expect(who(state, 'black')).to.include({ time_used_ms: 0, cycle_count: 0, has_gone: false, is_active: true });
    expect(state).to.include({
      active_participant_id: 'black',
      cycle_started_at: at(7_321),
      cycle_time_used_ms: 0,
      cycle_count: 1,
      version: 3,
    });
    expect(state.deadline_at).to.equal(at(7_321 + 5 * MINUTE));
  });

  it('T-11 a switch in the same millisecond as the last one charges nothing and still counts', () => {
    const state = play(play(started(), 1_000, SWITCH), 1_000, SWITCH);
    expect(banks(state)).to.deep.equal({ white: 5 * MINUTE - 1_000, black: 5 * MINUTE });
    expect(state).to.include({ cycle_count: 2, active_participant_id: 'white', version: 4 });
  });

  it('T-11 a switch does not change the state that it was decided on', () => {
    const before = started({ increment_ms: 2_000 });
    const copy = structuredClone(before);
    eventOf(before, 5_000, SWITCH);
    expect(before).to.deep.equal(copy);
  });

  it('T-12 a switch earns the increment, which may lift a bank above its first value', () => {
    const state = play(started({ increment_ms: 2_000 }), 500, SWITCH);
    expect(banks(state)).to.deep.equal({ white: 5 * MINUTE + 1_500, black: 5 * MINUTE });
    expect(who(state, 'white').time_used_ms).to.equal(500);
  });

  it('T-12 the event of a switch says what was left before the increment', () => {
    expect(eventOf(started({ increment_ms: 2_000 }), 500, SWITCH).time_remaining_ms).to.equal(5 * MINUTE - 500);
  });

  const CAPS: [string, number, number, number][] = [
    ['lifts a bank only up to max_time_ms', 500, 5 * MINUTE + 1_000, 5 * MINUTE + 1_000],
    ['is earned whole where it just fits', 1_000, 5 * MINUTE + 1_000, 5 * MINUTE + 1_000],
    ['is earned whole below max_time_ms', 10_000, 5 * MINUTE, 5 * MINUTE - 8_000],
    ['is not earned at max_time_ms', 0, 5 * MINUTE, 5 * MINUTE],
  ];
  for (const [what, thought, cap, left] of CAPS) {
    it(`T-12 the increment ${what}`, () => {
      expect(banks(play(started({ increment_ms: 2_000, max_time_ms: cap }), thought, SWITCH))['white']).to.equal(left);
    });
  }
});

describe('the next participant', () => {
  const table = [
    { participant_id: 'south', participant_index: 30, total_time_ms: MINUTE },
    { participant_id: 'north', participant_index: 10, total_time_ms: MINUTE },
    { participant_id: 'west', participant_index: 40, total_time_ms: MINUTE },
    { participant_id: 'east', participant_index: 20, total_time_ms: MINUTE },
  ];
  const turns = (state: SessionState, count: number) => {
    const names = [state.active_participant_id];
    let now = state;
    for (let turn = 1; turn <= count; turn++) {
      now = play(now, turn * 100, SWITCH);
      names.push(now.active_participant_id);
    }
    return names;
  };

  it('T-13 the next participant follows by index, whatever the order of the array, and the order wraps around', () => {
    expect(turns(started({ participants: table }), 5)).to.deep.equal(['north', 'east', 'south', 'west', 'north', 'east']);
  });

  it('T-13 the order goes on from the participant who was named last', () => {
    const state = play(started({ participants: table }), 50, { type: 'switch', next_participant_id: 'south' });
    expect(turns(state, 2)).to.deep.equal(['south', 'west', 'north']);
  });

  it('T-13 a single participant follows themselves', () => {
    const state = play(started({ participants: [{ participant_id: 'solo', total_time_ms: MINUTE }] }), 1_000, SWITCH);
    expect(state).to.include({ active_participant_id: 'solo', cycle_count: 1 });
    expect(who(state, 'solo')).to.include({ time_used_ms: 1_000, cycle_count: 1, is_active: true });
  });

  it('T-14 a switch may name the next participant, the active one included', () => {
    const state = play(started({ increment_ms: 1_000 }), 3_000, { type: 'switch', next_participant_id: 'white' });
    expect(state).to.include({ active_participant_id: 'white', cycle_count: 1 });
    expect(who(state, 'white')).to.include({ cycle_count: 1, time_used_ms: 3_000, time_remaining_ms: 5 * MINUTE - 2_000, is_active: true });
  });

  /** White and black have played their time away; how that is judged is not the question here. */
  const spent = (state: SessionState, ...ids: string[]): SessionState => ({
    ...state,
    participants: state.participants.map((one) =>
      ids.includes(one.participant_id) ? { ...one, total_time_ms: 0, time_remaining_ms: 0, time_used_ms: MINUTE, has_expired: true } : one,
    ),
  });

  it('T-13 the order leaves out participants without time, and the only one with time plays on', () => {
    expect(turns(spent(started({ participants: table }), 'east', 'west'), 2)).to.deep.equal(['north', 'south', 'north']);
    expect(turns(spent(started({ participants: table }), 'east', 'south', 'west'), 1)).to.deep.equal(['north', 'north']);
  });

  it('T-14 a switch may not name a participant without time', () => {
    expect(refusal(spent(started(), 'black'), 10, { type: 'switch', next_participant_id: 'black' }).code).to.equal('PARTICIPANT_EXPIRED');
  });

  it('T-14 a switch may not name somebody who is no participant', () => {
    expect(refusal(started(), 0, { type: 'switch', next_participant_id: 'grey' }).code).to.equal('PARTICIPANT_NOT_FOUND');
  });
});

describe('the guard of a move', () => {
  it('T-15 a switch whose current_participant_id is the active participant is applied', () => {
    expect(play(started(), 10, { type: 'switch', current_participant_id: 'white' }).active_participant_id).to.equal('black');
  });

  it('T-15 a switch whose current_participant_id is another participant is refused, and told who is active', () => {
    const state = started();
    const { code, details } = refusal(state, 10, { type: 'switch', current_participant_id: 'black' });
    expect(code).to.equal('NOT_ACTIVE_PARTICIPANT');
    expect(details).to.deep.equal({ active_participant_id: 'white', state });
  });

  it('T-15 a switch whose current_participant_id is no participant is refused as PARTICIPANT_NOT_FOUND', () => {
    expect(refusal(started(), 10, { type: 'switch', current_participant_id: 'grey' }).code).to.equal('PARTICIPANT_NOT_FOUND');
  });

  it('T-16 a switch is checked for the session’s status first, for its current_participant_id next, for its next_participant_id last', () => {
    const guarded = { type: 'switch', current_participant_id: 'black', next_participant_id: 'grey' } as const;
    expect(refusal(setUp(), 0, guarded).code).to.equal('INVALID_STATE_TRANSITION');
    expect(refusal(started(), 0, guarded).code).to.equal('NOT_ACTIVE_PARTICIPANT');
    expect(refusal(started(), 0, { ...guarded, current_participant_id: 'white' }).code).to.equal('PARTICIPANT_NOT_FOUND');
  });
});
