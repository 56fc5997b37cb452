import { expect } from 'chai';
import { readClock, remaining } from '#clock';
import type { CreatePayload } from '#contract';
import { crossings } from '../../server/domain/clock-warnings.ts';
import { create } from '../../server/domain/create.ts';
import { cutByClose } from '../../server/domain/notices.ts';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, MINUTE, SECOND, unix } from './match.ts';

/** Speakers of a minute each, who may go on for 20 s. */
const talks = (change: Partial<CreatePayload> = {}) =>
  new Match({
    sync_mode: 'per_participant',
    concurrent: true,
    overrun_ms: 20 * SECOND,
    participants: [
      { participant_id: 'ann', total_time_ms: MINUTE },
      { participant_id: 'ben', total_time_ms: 2 * MINUTE },
    ],
    ...change,
  });
const running = (change: Partial<CreatePayload> = {}) => talks(change).play(0, { type: 'start' });
const ann = { participant_id: 'ann' };

describe('concurrent clocks below zero', () => {
  it('JN-40 each clock goes on below zero and falls at −overrun_ms; zero_at lies overrun_ms before its deadline', () => {
    expect(talks().who('ann')).to.include({ zero_at: null, deadline_at: null });
    const hall = running();
    expect(hall.who('ann')).to.include({ zero_at: at(MINUTE), deadline_at: at(80 * SECOND) });
    expect(hall.state).to.include({ zero_at: at(MINUTE), deadline_at: at(80 * SECOND) });
    expect(hall.left(70 * SECOND, ann)).to.equal(-10 * SECOND);
    expect(readClock(hall.state, ann, unix(70 * SECOND))).to.include({
      left_ms: -10 * SECOND,
      phase: 'overrun',
      phase_left_ms: 10 * SECOND,
    });
    hall.pass(79_999);
    expect(hall.who('ann').clock_status).to.equal('running');
    hall.pass(80 * SECOND);
    expect(hall.who('ann')).to.include({
      clock_status: 'expired',
      time_remaining_ms: -20 * SECOND,
      time_used_ms: 80 * SECOND,
      zero_at: null,
    });
    expect(hall.state).to.include({ zero_at: at(2 * MINUTE), deadline_at: at(140 * SECOND) });
    checkReplay(hall.events);
  });

  it('JN-40 a finish, a pause and an adjustment below zero are as above it; an adjustment leaves 1 ms until the fall', () => {
    const hall = running().play(70 * SECOND, { type: 'pause', participant_id: 'ann' });
    expect(hall.who('ann')).to.include({ time_remaining_ms: -10 * SECOND, zero_at: null, deadline_at: null });
    hall.play(75 * SECOND, { type: 'resume', participant_id: 'ann' });
    expect(hall.who('ann')).to.include({ zero_at: at(65 * SECOND), deadline_at: at(85 * SECOND) });
    const take = (delta_ms: number) => ({ type: 'adjust' as const, participant_id: 'ann', delta_ms });
    expect(faultOf(hall.refusal(76 * SECOND, take(-9 * SECOND)))).to.equal('delta_ms: out_of_range');
    hall.play(76 * SECOND, take(-9 * SECOND + 1));
    expect(hall.who('ann').deadline_at).to.equal(at(76 * SECOND + 1));
    const handed = running().play(70 * SECOND, { type: 'finish', participant_id: 'ann' });
    expect(handed.who('ann'))
      .to.include({ clock_status: 'finished', time_remaining_ms: -10 * SECOND })
      .and.to.not.have.property('late_by_ms');
  });

  it('JN-41 a closing cuts what is below zero, and zero_at where it comes before that; only time above zero is told as lost', () => {
    const hall = running({ closes_at: at(70 * SECOND) });
    expect(hall.who('ann')).to.include({ zero_at: at(MINUTE), deadline_at: at(70 * SECOND) });
    expect(hall.who('ben')).to.include({ zero_at: at(70 * SECOND), deadline_at: at(70 * SECOND) });
    expect(cutByClose(hall.state).map(({ participant_id, lost_ms }) => [participant_id, lost_ms])).to.deep.equal([['ben', 50 * SECOND]]);
    expect(readClock(hall.state, ann, unix(65 * SECOND))).to.include({
      left_ms: -5 * SECOND,
      phase_left_ms: 5 * SECOND,
      next_change_in_ms: 5 * SECOND,
    });
    expect(remaining(hall.state, { participant_id: 'ben' }, unix(65 * SECOND))).to.equal(5 * SECOND);
    expect(hall.pass(70 * SECOND).last.metadata['participant_ids']).to.deep.equal(['ann', 'ben']);
    const paused = running({ closes_at: at(3 * MINUTE) }).play(65 * SECOND, { type: 'pause', participant_id: 'ann' });
    expect(readClock(paused.state, ann, unix(65 * SECOND))).to.include({ left_ms: -5 * SECOND, next_change_in_ms: null });
  });

  it('JN-42 thresholds count to zero, may be 0 and below, and hold for each clock', () => {
    const hall = running({ warning_thresholds_ms: [5 * SECOND, 0, -10 * SECOND], warning_thresholds_percent: [50] });
    const told = crossings(hall.state, unix(-1), unix(80 * SECOND)).map((one) => [one.at - unix(0), one.threshold_ms, one.zero_at]);
    expect(told).to.deep.equal([
      [30 * SECOND, 30 * SECOND, at(MINUTE)],
      [55 * SECOND, 5 * SECOND, at(MINUTE)],
      [MINUTE, 0, at(MINUTE)],
      [MINUTE, MINUTE, at(2 * MINUTE)],
      [70 * SECOND, -10 * SECOND, at(MINUTE)],
    ]);
    expect(running().state.warning_thresholds_ms).to.deep.equal([10_000, 5_000, 1_000, 0]);
  });

  it('JN-43 in per_cycle each cycle has all of it anew, and a late finish counts from the fall', () => {
    const quiz = running({ sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE, participants: [ann], auto_advance: true });
    quiz.pass(80 * SECOND);
    expect(quiz.who('ann')).to.include({ clock_status: 'running', zero_at: at(140 * SECOND), deadline_at: at(160 * SECOND) });
    const late = running({ late_finish_ms: 5 * SECOND }).play(84 * SECOND, { type: 'finish', participant_id: 'ann' });
    expect(late.who('ann')).to.include({ clock_status: 'finished', late_by_ms: 4 * SECOND, has_expired: true });
  });

  it('JN-43 an outage that is credited moves zero and fall; a stopwatch has no zero', () => {
    const hall = running({ outage_policy: 'credit' });
    hall.outages.push({ from: unix(70 * SECOND), to: unix(90 * SECOND) });
    expect(hall.pass(90 * SECOND).who('ann')).to.include({ zero_at: at(80 * SECOND), deadline_at: at(100 * SECOND) });
    const race = create({ session_id: 'race', sync_mode: 'count_up', concurrent: true, overrun_ms: SECOND, participants: [ann] }, 0);
    if (race.ok) throw new Error('it was created');
    expect(faultOf(race)).to.equal('overrun_ms: unsupported');
  });
});
