import { expect } from 'chai';
import { readClock } from '#clock';
import type { CreatePayload } from '#contract';
import { create } from '../../server/domain/create.ts';
import { cutByClose } from '../../server/domain/notices.ts';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, MINUTE, unix } from './match.ts';

const HOUR = 60 * MINUTE;
const GIVEN = 100 * MINUTE;

/** An exam of 100 minutes; Ben has a quarter more, Cem ten minutes more. */
const exam = (change: Partial<CreatePayload> = {}) =>
  new Match({
    sync_mode: 'per_participant',
    concurrent: true,
    participants: [
      { participant_id: 'ann', total_time_ms: GIVEN },
      { participant_id: 'ben', total_time_ms: GIVEN, time_factor: 1.25 },
      { participant_id: 'cem', total_time_ms: GIVEN, extra_time_ms: 10 * MINUTE },
    ],
    ...change,
  });
const running = (change: Partial<CreatePayload> = {}) => exam(change).play(0, { type: 'start' });
const deadlines = ({ state }: Match) => state.participants.map((one) => one.deadline_at);

describe('concurrent clocks: extra time, closings and late hand-ins', () => {
  it('CC-30 time_factor multiplies what a clock is given, rounded up to a millisecond, and extra_time_ms is added; both stay in the state', () => {
    const { state } = exam();
    expect(state.participants.map((one) => [one.total_time_ms, one.given_ms, one.time_factor, one.extra_time_ms])).to.deep.equal([
      [GIVEN, GIVEN, undefined, undefined],
      [125 * MINUTE, 125 * MINUTE, 1.25, undefined],
      [110 * MINUTE, 110 * MINUTE, undefined, 10 * MINUTE],
    ]);
    const odd = exam({ participants: [{ participant_id: 'ann', total_time_ms: 1_001, time_factor: 1.33, extra_time_ms: 1 }] });
    expect(odd.who('ann').given_ms).to.equal(Math.ceil((1_001 * 133) / 100) + 1);
  });

  it('CC-31 at its closing every clock that has not ended falls, whatever its status, also while the session is paused', () => {
    const hall = exam({ closes_at: at(2 * HOUR) })
      .play(0, { type: 'start', participant_id: 'ann' })
      .play(30 * MINUTE, { type: 'start', participant_id: 'ben' })
      .play(40 * MINUTE, { type: 'pause', participant_id: 'ben' });
    expect(hall.state.deadline_at).to.equal(at(GIVEN));
    hall.pass(GIVEN);
    expect(hall.state.deadline_at).to.equal(at(2 * HOUR));
    hall.play(GIVEN + MINUTE, { type: 'pause' });
    expect(hall.state).to.include({ status: 'paused', deadline_at: at(2 * HOUR) });
    hall.pass(3 * HOUR);
    expect(hall.last.metadata['participant_ids']).to.deep.equal(['ben', 'cem']);
    expect(hall.state).to.include({ status: 'expired', updated_at: at(2 * HOUR), deadline_at: null });
    expect(hall.who('ben')).to.include({ clock_status: 'expired', time_used_ms: 10 * MINUTE, expired_at: at(2 * HOUR) });
    expect(hall.who('cem')).to.include({ clock_status: 'expired', time_used_ms: 0 });
    checkReplay(hall.events);
  });

  it('CC-32 a running clock falls at its closing if that comes first, and shows what is left until then; no pause moves the closing', () => {
    const hall = running({ closes_at: at(105 * MINUTE) });
    expect(deadlines(hall)).to.deep.equal([at(GIVEN), at(105 * MINUTE), at(105 * MINUTE)]);
    expect(hall.who('ben').time_remaining_ms).to.equal(105 * MINUTE);
    expect(readClock(hall.state, { participant_id: 'ben' }, unix(HOUR))).to.include({ left_ms: 45 * MINUTE, rate: -1 });
    hall.play(10 * MINUTE, { type: 'pause' }).play(20 * MINUTE, { type: 'resume' });
    expect(deadlines(hall)).to.deep.equal([at(105 * MINUTE), at(105 * MINUTE), at(105 * MINUTE)]);
    hall.play(30 * MINUTE, { type: 'pause', participant_id: 'ann' });
    const shown = (ms: number) => readClock(hall.state, { participant_id: 'ann' }, unix(ms));
    expect(shown(30 * MINUTE)).to.include({ left_ms: 75 * MINUTE, rate: -1 });
    expect(shown(HOUR)).to.include({ left_ms: 45 * MINUTE, rate: -1, next_change_in_ms: 45 * MINUTE });
    hall.pass(2 * HOUR);
    expect(hall.last.metadata['participant_ids']).to.deep.equal(['ann', 'ben', 'cem']);
    checkReplay(hall.events);
  });

  it('CC-33 a participant’s own closing replaces that of the session', () => {
    const participants = [
      { participant_id: 'ann', total_time_ms: GIVEN },
      { participant_id: 'ben', total_time_ms: GIVEN, closes_at: at(3 * HOUR) },
    ];
    const hall = running({ closes_at: at(HOUR), participants });
    expect(deadlines(hall)).to.deep.equal([at(HOUR), at(GIVEN)]);
  });

  it('CC-34 a session that has not begun by its closing is cancelled then, and says why', () => {
    const hall = exam({ closes_at: at(HOUR) });
    expect(hall.state.deadline_at).to.equal(at(HOUR));
    hall.pass(2 * HOUR);
    expect(hall.last).to.include({ event_type: 'session_cancelled', at: unix(HOUR) });
    expect(hall.last.metadata).to.deep.equal({ reason: 'closed' });
    expect(hall.state).to.include({ status: 'cancelled', deadline_at: null });
    checkReplay(hall.events);
  });

  it('CC-34 a session that has not begun is cancelled at its closing also where nobody is left who could begin', () => {
    const participants = [
      { participant_id: 'ann', total_time_ms: GIVEN, closes_at: at(MINUTE) },
      { participant_id: 'ben', total_time_ms: GIVEN },
    ];
    const hall = exam({ closes_at: at(HOUR), participants }).pass(2 * MINUTE);
    expect(hall.who('ann').clock_status).to.equal('expired');
    hall.play(3 * MINUTE, { type: 'edit', participants: [{ participant_id: 'ben', withdrawn: true }] });
    expect(hall.state).to.include({ status: 'pending', deadline_at: at(HOUR) });
    hall.pass(2 * HOUR);
    expect(hall.last).to.include({ event_type: 'session_cancelled', at: unix(HOUR) });
    expect(hall.last.metadata).to.deep.equal({ reason: 'closed' });
    checkReplay(hall.events);
  });

  it('CC-35 a notice names each participant whose time a closing cuts off, and how much of it', () => {
    const hall = exam({ closes_at: at(105 * MINUTE) });
    const told = () => cutByClose(hall.state).map(({ participant_id, lost_ms }) => [participant_id, lost_ms]);
    expect(told()).to.deep.equal([
      ['ben', 20 * MINUTE],
      ['cem', 5 * MINUTE],
    ]);
    hall.play(10 * MINUTE, { type: 'start' });
    expect(told()).to.deep.equal([
      ['ann', 5 * MINUTE],
      ['ben', 30 * MINUTE],
      ['cem', 15 * MINUTE],
    ]);
    expect(cutByClose(hall.state, new Set(['cem']))).to.have.lengthOf(1);
    expect(cutByClose(exam().state)).to.deep.equal([]);
  });

  it('CC-36 for late_finish_ms after a clock has fallen its participant can still finish, and an expired session becomes completed', () => {
    const hall = running({ late_finish_ms: 30_000 }).pass(3 * HOUR);
    expect(hall.state.status).to.equal('expired');
    hall.play(125 * MINUTE + 30_000, { type: 'finish', participant_id: 'ben', answer: { page: 3 } });
    expect(hall.who('ben')).to.deep.include({
      clock_status: 'finished',
      finished_at: at(125 * MINUTE + 30_000),
      late_by_ms: 30_000,
      has_expired: true,
      time_used_ms: 125 * MINUTE,
      answer: { page: 3 },
    });
    expect(hall.state).to.include({ status: 'completed', session_completed_at: at(125 * MINUTE) });
    expect(hall.last).to.include({ event_type: 'participant_finished', participant_id: 'ben', time_elapsed_ms: 0 });
    checkReplay(hall.events);
    const later = running({ late_finish_ms: 30_000 }).pass(3 * HOUR);
    expect(later.refusal(125 * MINUTE + 30_001, { type: 'finish', participant_id: 'ben' }).code).to.equal('PARTICIPANT_EXPIRED');
    const without = running().pass(GIVEN);
    expect(without.refusal(GIVEN + 1, { type: 'finish', participant_id: 'ann' }).code).to.equal('INVALID_STATE_TRANSITION');
  });

  it('CC-37 nobody can finish late after a command has ended the session', () => {
    const hall = running({ late_finish_ms: 30_000 })
      .pass(GIVEN)
      .play(GIVEN + 1, { type: 'complete' });
    expect(hall.refusal(GIVEN + 2, { type: 'finish', participant_id: 'ann' }).code).to.equal('INVALID_STATE_TRANSITION');
  });

  for (const [what, change, field] of [
    ['a closing that lies in the past', { closes_at: at(-1) }, 'closes_at: too_small'],
    ['a closing in years', { closes_at: at(401 * 24 * HOUR) }, 'closes_at: too_big'],
    ['a factor where one clock runs at a time', { concurrent: false, late_finish_ms: 1 }, 'late_finish_ms: unsupported'],
    ['late hand-ins of a question', { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, late_finish_ms: 1 }, 'late_finish_ms: unsupported'],
  ] as const) {
    it(`CC-38 a create with ${what} is refused by that field`, () => {
      const participants = [{ participant_id: 'ann', total_time_ms: GIVEN }];
      const refusal = create({ sync_mode: 'per_participant', concurrent: true, session_id: 'hall', participants, ...change }, unix(0));
      if (refusal.ok) throw new Error('it was created');
      expect(faultOf(refusal)).to.equal(field);
    });
  }
});
