import { expect } from 'chai';
import type { SessionState, Status } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { at, banks, eventOf, MINUTE, play, refusal, setUp, started, who } from './steps.ts';

const STATES: Record<Exclude<Status, 'expired'>, SessionState> = {
  pending: setUp(),
  running: started(),
  paused: play(started(), 1_000, { type: 'pause' }),
  completed: play(started(), 1_000, { type: 'complete' }),
  cancelled: play(started(), 1_000, { type: 'cancel' }),
};

/** Which commands a status allows; the contract's table, written out. */
const ALLOWED: Record<keyof typeof STATES, TimerCommand['type'][]> = {
  pending: ['start', 'complete', 'cancel', 'delete'],
  running: ['switch', 'pause', 'complete', 'cancel', 'delete'],
  paused: ['resume', 'complete', 'cancel', 'delete'],
  completed: ['delete'],
  cancelled: ['delete'],
};
const COMMANDS = ['start', 'switch', 'pause', 'resume', 'complete', 'cancel', 'delete'] as const;

describe('what a status allows', () => {
  for (const status of Object.keys(STATES) as (keyof typeof STATES)[]) {
    for (const type of COMMANDS) {
      const allowed = ALLOWED[status].includes(type);
      it(`T-20 ${type} while ${status} is ${allowed ? 'done' : 'refused'}`, () => {
        const command: TimerCommand = { type };
        if (allowed) {
          expect(play(STATES[status], 2_000, command).version).to.equal(STATES[status].version + 1);
        } else {
          const { code, message, details } = refusal(STATES[status], 2_000, command);
          expect(code).to.equal('INVALID_STATE_TRANSITION');
          expect(message).to.equal(`Cannot ${type}: session is ${status}`);
          expect(details).to.deep.equal({ status, command: type });
        }
      });
    }
  }
});

describe('an interruption', () => {
  it('T-21 a pause charges the clock up to its instant, stops it and keeps whose turn it is', () => {
    const event = eventOf(started(), 4_000, { type: 'pause' });
    expect(event).to.include({
      event_type: 'session_paused',
      participant_id: 'white',
      time_elapsed_ms: 4_000,
      time_remaining_ms: 5 * MINUTE - 4_000,
    });
    const { state } = event;
    expect(state).to.include({
      status: 'paused',
      cycle_started_at: null,
      deadline_at: null,
      cycle_time_used_ms: 4_000,
      active_participant_id: 'white',
    });
    expect(who(state, 'white')).to.include({ is_active: true, cycle_count: 0, time_used_ms: 4_000, time_remaining_ms: 5 * MINUTE - 4_000 });
  });

  it('T-21 the time of a pause is charged to nobody, and a resumed clock goes on with what was left', () => {
    const state = play(STATES.paused, 61 * MINUTE, { type: 'resume' });
    expect(banks(state)).to.deep.equal({ white: 5 * MINUTE - 1_000, black: 5 * MINUTE });
    expect(state).to.include({
      status: 'running',
      cycle_started_at: at(61 * MINUTE),
      deadline_at: at(66 * MINUTE - 1_000),
      cycle_time_used_ms: 1_000,
    });
    expect(state.session_started_at).to.equal(at(0));
  });

  it('T-21 time before and after a pause belongs to one turn', () => {
    const resumed = play(STATES.paused, 10_000, { type: 'resume' });
    const event = eventOf(resumed, 12_500, { type: 'switch' });
    expect(event.time_elapsed_ms).to.equal(2_500);
    expect(who(event.state, 'white')).to.include({ time_used_ms: 3_500, cycle_count: 1 });
  });
});

describe('the end of a game', () => {
  for (const [type, status, event_type] of [
    ['complete', 'completed', 'session_completed'],
    ['cancel', 'cancelled', 'session_cancelled'],
  ] as const) {
    it(`T-22 ${type} charges the running clock, stops it, and keeps active_participant_id`, () => {
      const event = eventOf(started(), 9_000, { type });
      expect(event).to.include({ event_type, participant_id: 'white', time_elapsed_ms: 9_000 });
      expect(event.state).to.include({
        status,
        cycle_started_at: null,
        deadline_at: null,
        active_participant_id: 'white',
        session_completed_at: at(9_000),
      });
      expect(event.state.participants.some(({ is_active }) => is_active)).to.equal(false);
      expect(banks(event.state)).to.deep.equal({ white: 5 * MINUTE - 9_000, black: 5 * MINUTE });
    });

    it(`T-22 ${type} during a pause charges nothing`, () => {
      expect(eventOf(STATES.paused, MINUTE, { type }).time_elapsed_ms).to.equal(0);
    });
  }

  it('T-22 the event of a cancel has its reason', () => {
    expect(eventOf(started(), 0, { type: 'cancel', reason: 'rain' }).metadata).to.deep.equal({ reason: 'rain' });
  });

  it('T-23 delete charges the running clock and writes the last state as one more version', () => {
    const event = eventOf(started(), 2_500, { type: 'delete' });
    expect(event).to.include({ event_type: 'session_deleted', time_elapsed_ms: 2_500, participant_id: 'white' });
    expect(event.state.version).to.equal(3);
    expect(banks(event.state)['white']).to.equal(5 * MINUTE - 2_500);
  });

  it('T-23 delete of a finished game changes no time', () => {
    const event = eventOf(STATES.completed, MINUTE, { type: 'delete' });
    expect(banks(event.state)).to.deep.equal(banks(STATES.completed));
    expect(event.state.session_completed_at).to.equal(at(1_000));
  });
});

describe('the clock', () => {
  it('T-24 the instants of a session never go back', () => {
    const later = play(started(), 5_000, { type: 'switch' });
    const event = eventOf(later, 3_000, { type: 'switch' });
    expect(event.time_elapsed_ms).to.equal(0);
    expect(event.state.updated_at).to.equal(at(5_000));
  });
});
