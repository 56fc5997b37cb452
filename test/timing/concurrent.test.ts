import { expect } from 'chai';
import { readClock } from '#clock';
import type { CreatePayload } from '#contract';
import { create } from '../../server/domain/create.ts';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, MINUTE, unix } from './match.ts';

const HOUR = 60 * MINUTE;

/** An exam of one hour for three; Cem has a quarter of an hour more. */
const exam = (change: Partial<CreatePayload> = {}) =>
  new Match({
    sync_mode: 'per_participant',
    concurrent: true,
    participants: [
      { participant_id: 'ann', total_time_ms: HOUR },
      { participant_id: 'ben', total_time_ms: HOUR },
      { participant_id: 'cem', total_time_ms: HOUR + 15 * MINUTE },
    ],
    ...change,
  });
const running = (change: Partial<CreatePayload> = {}) => exam(change).play(0, { type: 'start' });
const refused = (match: Match, ms: number, command: Parameters<Match['refusal']>[1]) => {
  const { code, message, details } = match.refusal(ms, command);
  return { code, message, details };
};

describe('concurrent clocks: an exam hall', () => {
  it('CC-1 at create every clock waits, and nobody has the turn', () => {
    const { state } = exam();
    expect(state).to.include({ concurrent: true, active_participant_id: null, deadline_at: null, cycle_started_at: null });
    expect(state.participants[2]).to.deep.equal({
      participant_id: 'cem',
      participant_index: 2,
      group_id: null,
      total_time_ms: HOUR + 15 * MINUTE,
      time_used_ms: 0,
      time_remaining_ms: HOUR + 15 * MINUTE,
      cycle_count: 0,
      is_active: false,
      has_expired: false,
      has_gone: false,
      clock_status: 'waiting',
      cycle_started_at: null,
      deadline_at: null,
      finished_at: null,
      expired_at: null,
      given_ms: HOUR + 15 * MINUTE,
    });
  });

  it('CC-2 a start without a name runs all clocks that wait, each until a deadline of its own; the session’s deadline is the least of them', () => {
    const { state, last } = running();
    expect(state.participants.map((one) => [one.clock_status, one.is_active, one.cycle_started_at, one.deadline_at])).to.deep.equal([
      ['running', true, at(0), at(HOUR)],
      ['running', true, at(0), at(HOUR)],
      ['running', true, at(0), at(HOUR + 15 * MINUTE)],
    ]);
    expect(state).to.include({ status: 'running', deadline_at: at(HOUR), active_participant_id: null, session_started_at: at(0) });
    expect(last).to.include({ event_type: 'session_started', participant_id: null, time_elapsed_ms: 0 });
  });

  it('CC-3 a start with a name runs that clock alone: the session has started with the first one, and a later one has all of its time', () => {
    const hall = exam().play(0, { type: 'start', participant_id: 'ben' });
    expect(hall.state).to.include({ status: 'running', session_started_at: at(0), deadline_at: at(HOUR) });
    expect(hall.state.participants.map((one) => one.clock_status)).to.deep.equal(['waiting', 'running', 'waiting']);
    hall.play(10 * MINUTE, { type: 'start', participant_id: 'ann' });
    expect(hall.who('ann')).to.include({ cycle_started_at: at(10 * MINUTE), deadline_at: at(HOUR + 10 * MINUTE) });
    expect(hall.last).to.include({ event_type: 'participant_started', participant_id: 'ann', time_elapsed_ms: 0, time_remaining_ms: HOUR });
    hall.play(20 * MINUTE, { type: 'start' });
    expect(hall.who('cem')).to.include({ clock_status: 'running', cycle_started_at: at(20 * MINUTE) });
    expect(hall.state.session_started_at).to.equal(at(0));
    expect(refused(hall, 21 * MINUTE, { type: 'start' })).to.deep.equal({
      code: 'INVALID_STATE_TRANSITION',
      message: 'Cannot start: session is running',
      details: { status: 'running', command: 'start' },
    });
  });

  it('CC-4 a finish stops one clock for good and charges it; the other clocks are neither settled nor stopped', () => {
    const hall = running().play(40 * MINUTE, { type: 'finish', participant_id: 'ben' });
    expect(hall.who('ben')).to.include({
      clock_status: 'finished',
      finished_at: at(40 * MINUTE),
      time_used_ms: 40 * MINUTE,
      total_time_ms: 20 * MINUTE,
      time_remaining_ms: 20 * MINUTE,
      deadline_at: null,
      cycle_started_at: null,
      is_active: false,
      cycle_count: 1,
      has_gone: true,
    });
    expect(hall.who('ann')).to.include({ cycle_started_at: at(0), time_used_ms: 0, total_time_ms: HOUR, time_remaining_ms: 20 * MINUTE });
    expect(hall.last).to.include({
      event_type: 'participant_finished',
      participant_id: 'ben',
      time_elapsed_ms: 40 * MINUTE,
      time_remaining_ms: 20 * MINUTE,
    });
    expect(hall.last.metadata).to.deep.equal({ finished_at: at(40 * MINUTE) });
    expect(refused(hall, 41 * MINUTE, { type: 'finish', participant_id: 'ben' })).to.deep.equal({
      code: 'INVALID_STATE_TRANSITION',
      message: 'Cannot finish: the clock of ben is finished',
      details: { status: 'running', clock_status: 'finished', command: 'finish' },
    });
  });

  it('CC-5 a finish is charged to its arrival, also where an event of a later instant came first', () => {
    const hall = running().play(30 * MINUTE, { type: 'finish', participant_id: 'ann' });
    hall.play(30 * MINUTE - 40, { type: 'finish', participant_id: 'ben' });
    expect(hall.who('ben')).to.include({ finished_at: at(30 * MINUTE - 40), time_used_ms: 30 * MINUTE - 40 });
    expect(hall.state.updated_at).to.equal(at(30 * MINUTE));
    hall.play(31 * MINUTE, { type: 'adjust', participant_id: 'cem', delta_ms: 1 });
    hall.play(31 * MINUTE - 40, { type: 'finish', participant_id: 'cem' });
    // Never before their own clock began to run.
    expect(hall.who('cem').finished_at).to.equal(at(31 * MINUTE));
    checkReplay(hall.events);
  });

  it('CC-6 a pause of the session stops all clocks and changes no clock_status, so that the resume runs those that ran', () => {
    const hall = running()
      .play(10 * MINUTE, { type: 'pause', participant_id: 'ann' })
      .play(20 * MINUTE, { type: 'pause' });
    expect(hall.state).to.include({ status: 'paused', deadline_at: null });
    expect(hall.last).to.include({ event_type: 'session_paused', participant_id: null, time_elapsed_ms: null, time_remaining_ms: null });
    expect(hall.state.participants.map((one) => [one.clock_status, one.is_active, one.deadline_at, one.time_used_ms])).to.deep.equal([
      ['paused', false, null, 10 * MINUTE],
      ['running', true, null, 20 * MINUTE],
      ['running', true, null, 20 * MINUTE],
    ]);
    hall.play(50 * MINUTE, { type: 'resume' });
    expect(hall.who('ann')).to.include({ clock_status: 'paused', cycle_started_at: null, deadline_at: null });
    expect(hall.who('ben')).to.include({ cycle_started_at: at(50 * MINUTE), deadline_at: at(90 * MINUTE) });
    hall.play(60 * MINUTE, { type: 'resume', participant_id: 'ann' });
    expect(hall.who('ann')).to.include({ clock_status: 'running', deadline_at: at(110 * MINUTE) });
    checkReplay(hall.events);
  });

  it('CC-7 while the session is paused a clock may start, finish or be adjusted; one that starts then runs from the resume', () => {
    const hall = exam()
      .play(0, { type: 'start', participant_id: 'ann' })
      .play(MINUTE, { type: 'start', participant_id: 'ben' })
      .play(2 * MINUTE, { type: 'pause' });
    hall.play(3 * MINUTE, { type: 'start', participant_id: 'cem' });
    expect(hall.who('cem')).to.include({ clock_status: 'running', is_active: true, cycle_started_at: null, deadline_at: null });
    hall.play(4 * MINUTE, { type: 'finish', participant_id: 'ben' });
    expect(hall.who('ben')).to.include({ clock_status: 'finished', finished_at: at(4 * MINUTE), time_used_ms: MINUTE });
    hall.play(5 * MINUTE, { type: 'adjust', participant_id: 'ann', delta_ms: MINUTE }).play(10 * MINUTE, { type: 'resume' });
    expect(hall.who('ann').deadline_at).to.equal(at(10 * MINUTE + HOUR - 2 * MINUTE + MINUTE));
    expect(hall.who('cem').deadline_at).to.equal(at(10 * MINUTE + HOUR + 15 * MINUTE));
    for (const type of ['pause', 'resume'] as const) {
      const paused = running().play(MINUTE, { type: 'pause' });
      expect(refused(paused, 2 * MINUTE, { type, participant_id: 'ann' }).message).to.equal(`Cannot ${type}: session is paused`);
    }
    checkReplay(hall.events);
  });

  it('CC-8 an adjustment changes the clock that it names, or all that have not ended', () => {
    const hall = running()
      .play(10 * MINUTE, { type: 'finish', participant_id: 'ann' })
      .play(20 * MINUTE, { type: 'adjust', participant_id: 'ben', delta_ms: 5 * MINUTE, reason: 'noise' })
      .play(30 * MINUTE, { type: 'adjust', delta_ms: -MINUTE });
    expect(hall.state.participants.map((one) => [one.given_ms, one.deadline_at])).to.deep.equal([
      [HOUR, null],
      [HOUR + 4 * MINUTE, at(HOUR + 4 * MINUTE)],
      [HOUR + 14 * MINUTE, at(HOUR + 14 * MINUTE)],
    ]);
    expect(hall.last.metadata).to.deep.equal({ delta_ms: -MINUTE });
    expect(hall.last.time_elapsed_ms).to.equal(null);
    expect(faultOf(hall.refusal(31 * MINUTE, { type: 'adjust', delta_ms: -33 * MINUTE }))).to.equal('delta_ms: out_of_range');
    expect(refused(hall, 31 * MINUTE, { type: 'adjust', participant_id: 'ann', delta_ms: 1 }).details).to.deep.equal({
      status: 'running',
      clock_status: 'finished',
      command: 'adjust',
    });
    expect(hall.refusal(31 * MINUTE, { type: 'adjust', participant_id: 'zoe', delta_ms: 1 }).code).to.equal('PARTICIPANT_NOT_FOUND');
    checkReplay(hall.events);
  });

  it('CC-9 all clocks that fall at one instant are one version that names them; the others go on', () => {
    const hall = running().pass(HOUR + 5);
    expect(hall.last).to.include({
      event_type: 'participant_expired',
      participant_id: null,
      time_elapsed_ms: null,
      time_remaining_ms: null,
    });
    expect(hall.last.metadata).to.deep.equal({ participant_ids: ['ann', 'ben'] });
    expect(hall.state).to.include({ status: 'running', version: 3, updated_at: at(HOUR), deadline_at: at(HOUR + 15 * MINUTE) });
    expect(hall.who('ann')).to.include({
      clock_status: 'expired',
      has_expired: true,
      total_time_ms: 0,
      time_used_ms: HOUR,
      time_remaining_ms: 0,
      expired_at: at(HOUR),
      is_active: false,
    });
    hall.pass(2 * HOUR);
    expect(hall.last).to.include({ participant_id: 'cem', time_elapsed_ms: HOUR + 15 * MINUTE, time_remaining_ms: 0 });
    expect(hall.last.metadata).to.deep.equal({ participant_ids: ['cem'] });
    expect(hall.last.expired).to.deep.equal({ participant_id: 'cem', group_id: null });
    expect(hall.state).to.include({ status: 'expired', session_completed_at: at(HOUR + 15 * MINUTE), deadline_at: null });
    checkReplay(hall.events);
  });

  it('CC-10 when no clock runs, waits or is paused any more, the session is completed if somebody has finished, else expired', () => {
    const all = running();
    for (const participant_id of ['ann', 'ben', 'cem']) all.play(MINUTE, { type: 'finish', participant_id });
    expect(all.state).to.include({ status: 'completed', session_completed_at: at(MINUTE) });
    expect(
      running()
        .play(MINUTE, { type: 'finish', participant_id: 'ann' })
        .pass(2 * HOUR).state.status,
    ).to.equal('completed');
    expect(running().pass(2 * HOUR).state.status).to.equal('expired');
    const waiting = exam()
      .play(0, { type: 'start', participant_id: 'ann' })
      .pass(2 * HOUR);
    expect(waiting.state).to.include({ status: 'running', deadline_at: null });
    const paused = running()
      .play(MINUTE, { type: 'pause', participant_id: 'ann' })
      .pass(2 * HOUR);
    expect(paused.state).to.include({ status: 'running', deadline_at: null });
    expect(paused.play(2 * HOUR, { type: 'finish', participant_id: 'ann' }).state.status).to.equal('completed');
  });

  it('CC-11 with end_session the first clock that falls ends the session, and all others stop there', () => {
    const hall = running({ action_on_timeout: { type: 'end_session' } }).pass(2 * HOUR);
    expect(hall.state).to.include({ status: 'expired', updated_at: at(HOUR), deadline_at: null });
    expect(hall.who('cem')).to.include({
      clock_status: 'running',
      time_used_ms: HOUR,
      has_expired: false,
      is_active: false,
      deadline_at: null,
    });
    expect(hall.last.metadata['action_applied']).to.deep.equal({ type: 'end_session' });
    checkReplay(hall.events);
  });

  it('CC-12 completing, cancelling and deleting a concurrent session settles all clocks', () => {
    for (const type of ['complete', 'cancel', 'delete'] as const) {
      const hall = running().play(MINUTE, { type });
      expect(hall.state.participants.map((one) => one.time_used_ms)).to.deep.equal([MINUTE, MINUTE, MINUTE]);
      expect(hall.state.deadline_at).to.equal(null);
      checkReplay(hall.events);
    }
  });

  it('CC-13 a credited outage moves every clock that ran, and one that pauses settles all at its beginning', () => {
    const outage = { from: unix(10 * MINUTE), to: unix(15 * MINUTE) };
    const credited = running({ outage_policy: 'credit' }).play(MINUTE, { type: 'pause', participant_id: 'ann' });
    credited.outages.push(outage);
    credited.pass(20 * MINUTE);
    expect(credited.last).to.include({ event_type: 'session_credited', at: unix(15 * MINUTE) });
    expect(credited.state.participants.map((one) => one.deadline_at)).to.deep.equal([null, at(HOUR + 5 * MINUTE), at(HOUR + 20 * MINUTE)]);
    const paused = running({ outage_policy: 'pause' });
    paused.outages.push(outage);
    paused.pass(20 * MINUTE);
    expect(paused.state).to.include({ status: 'paused', updated_at: at(10 * MINUTE) });
    expect(paused.state.participants.map((one) => one.time_used_ms)).to.deep.equal([10 * MINUTE, 10 * MINUTE, 10 * MINUTE]);
    checkReplay(credited.events);
    checkReplay(paused.events);
  });

  it('CC-14 what a clock shows at an instant follows from the state alone', () => {
    const hall = running().play(10 * MINUTE, { type: 'pause', participant_id: 'ann' });
    const shown = (participant_id: string, ms: number) => readClock(hall.state, { participant_id }, unix(ms));
    expect(shown('ann', 30 * MINUTE)).to.include({ left_ms: 50 * MINUTE, rate: 0, next_change_in_ms: null });
    expect(shown('ben', 30 * MINUTE)).to.include({ left_ms: 30 * MINUTE, rate: -1, next_change_in_ms: 30 * MINUTE });
    expect(hall.left(30 * MINUTE), 'the one that falls next').to.equal(30 * MINUTE);
  });

  it('CC-15 a concurrent session refuses switches, turns and a finish of another cycle, and says why', () => {
    const hall = running();
    expect(hall.refusal(1, { type: 'switch' })).to.include({
      code: 'VALIDATION_ERROR',
      message: 'session_id: A concurrent session has no turns',
    });
    expect(faultOf(exam().refusal(1, { type: 'start', active_participant_id: 'ann' }))).to.equal('active_participant_id: unsupported');
    expect(hall.refusal(1, { type: 'finish', participant_id: 'ann', cycle_count: 1 }).code).to.equal('CONFLICT');
    expect(hall.refusal(1, { type: 'undo' }).code).to.equal('INVALID_STATE_TRANSITION');
    const chess = Match.started({ sync_mode: 'per_participant', participants: [{ participant_id: 'ann', total_time_ms: HOUR }] });
    for (const type of ['pause', 'finish'] as const) {
      expect(faultOf(chess.refusal(1, { type, participant_id: 'ann' }))).to.equal('participant_id: unsupported');
    }
  });

  for (const [what, change, field] of [
    ['turns', { active_participant_id: 'ann' }, 'active_participant_id'],
    ['an increment', { increment_ms: 1_000 }, 'increment_ms'],
    ['a time control', { time_control: { stages: [{ time_ms: HOUR }] } }, 'time_control'],
    ['turns to take back', { undo_depth: 1 }, 'undo_depth'],
    ['one clock for all', { sync_mode: 'global', total_time_ms: HOUR }, 'concurrent'],
  ] as const) {
    it(`CC-16 a concurrent session can’t have ${what}`, () => {
      const { participants } = exam().state;
      const given = { sync_mode: 'per_participant', concurrent: true, ...change } as CreatePayload;
      given.participants = participants.map(({ participant_id }) =>
        'time_control' in change ? { participant_id } : { participant_id, total_time_ms: HOUR },
      );
      const refusal = create({ ...given, session_id: 'hall' }, 0);
      if (refusal.ok) throw new Error('it was created');
      expect(faultOf(refusal)).to.equal(`${field}: unsupported`);
    });
  }

  it('CC-17 a thousand clocks with deadlines of their own fall one after the other, within a second of work', () => {
    const participants = Array.from({ length: 1_000 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: HOUR + n }));
    const hall = running({ participants });
    const began = performance.now();
    hall.pass(2 * HOUR);
    expect(performance.now() - began).to.be.below(20_000);
    expect(hall.expiries).to.have.lengthOf(1_000);
    expect(hall.state.status).to.equal('expired');
  });
});
