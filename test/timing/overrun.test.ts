import { expect } from 'chai';
import { predictSwitch, readClock } from '#clock';
import type { CreatePayload, SessionState, Stage, SyncMode } from '#contract';
import { catchUp } from '../../server/domain/catch-up.ts';
import { takeIntoAccount } from '../../server/domain/outage.ts';
import { crossed, thresholdsAhead, thresholdsLifted } from '../../server/domain/warnings.ts';
import { at, faultOf, Match, MINUTE, SECOND, unix } from './match.ts';
import { faults, inTeams, seats } from './payloads.ts';

const OVERRUN = 3 * SECOND;
const two = (total_time_ms = 10 * SECOND) =>
  ['ann', 'bob'].map((participant_id) => ({ participant_id, total_time_ms })) satisfies CreatePayload['participants'];
const GAMES = {
  per_participant: { participants: two() },
  per_group: { participants: inTeams({ total_time_ms: 10 * SECOND }) },
  per_cycle: { participants: seats('ann', 'bob'), time_per_cycle_ms: 10 * SECOND },
  global: { participants: seats('ann', 'bob'), total_time_ms: 10 * SECOND },
} satisfies Partial<Record<SyncMode, Partial<CreatePayload>>>;
const MODES = Object.keys(GAMES) as (keyof typeof GAMES)[];
const played = (sync_mode: keyof typeof GAMES, more: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode, ...GAMES[sync_mode], overrun_ms: OVERRUN, ...more });
const skip: Partial<CreatePayload> = { action_on_timeout: { type: 'skip_cycle' } };
const ends = ({ zero_at, deadline_at }: SessionState) => ({ zero_at, deadline_at });

describe('a clock that goes on below zero', () => {
  for (const mode of MODES) {
    it(`T-180 in ${mode} a clock expires overrun_ms after zero, and 1 ms before it has not expired`, () => {
      const match = played(mode).pass(12_999);
      expect(match.expiries).to.deep.equal([]);
      expect(ends(match.state)).to.deep.equal({ zero_at: at(10_000), deadline_at: at(13_000) });
      const { state, time_elapsed_ms, time_remaining_ms } = match.pass(13_000).last;
      expect([state.status, state.updated_at]).to.deep.equal(['expired', at(13_000)]);
      expect([time_elapsed_ms, time_remaining_ms]).to.deep.equal([13_000, -3_000]);
      expect(ends(state)).to.deep.equal({ zero_at: null, deadline_at: null });
    });

    it(`T-181 in ${mode} what is left counts to zero and is negative after it`, () => {
      const match = played(mode);
      expect([9_999, 10_000, 10_001, 12_999].map((ms) => match.left(ms))).to.deep.equal([1, 0, -1, -2_999]);
      expect(match.left(20_000), 'no further than where it falls').to.equal(-3_000);
      const paused = match.play(11_500, { type: 'pause' });
      expect(paused.who('ann').time_remaining_ms).to.equal(-1_500);
      expect(paused.last.time_remaining_ms).to.equal(-1_500);
      expect(ends(paused.state)).to.deep.equal({ zero_at: null, deadline_at: null });
      const resumed = match.play(60_000, { type: 'resume' });
      expect(ends(resumed.state)).to.deep.equal({ zero_at: at(58_500), deadline_at: at(61_500) });
      expect(resumed.pass(61_500).state.status).to.equal('expired');
    });

    it(`T-181 in ${mode} a client predicts a switch below zero as the server decides it`, () => {
      const match = played(mode, { increment_ms: 2 * SECOND }).pass(11_000);
      const predicted = predictSwitch(match.state, unix(11_000));
      expect(predicted).to.deep.equal({ ...match.switch(11_000).state, version: 2 });
    });
  }

  it('T-180 a state without overrun_ms, or with 0, has neither overrun_ms nor zero_at', () => {
    for (const overrun_ms of [undefined, 0]) {
      const { state } = Match.started({ sync_mode: 'global', total_time_ms: MINUTE, overrun_ms });
      expect(state).not.to.have.any.keys('overrun_ms', 'zero_at');
    }
    expect(new Match({ sync_mode: 'global', total_time_ms: MINUTE, overrun_ms: 1 }).state).to.include({ overrun_ms: 1, zero_at: null });
  });

  it('T-182 a participant below zero takes turns like any other, named or in order', () => {
    const match = played('per_participant').switch(11_000);
    expect(match.times).to.deep.equal({ ann: -1_000, bob: 10_000 });
    match.switch(12_000);
    expect(match.state.active_participant_id).to.equal('ann');
    expect(ends(match.state)).to.deep.equal({ zero_at: at(11_000), deadline_at: at(14_000) });
    expect(match.switch(13_000, 'ann').times).to.deep.equal({ ann: -2_000, bob: 9_000 });
  });

  it('T-182 the owner of a bank has expired and is skipped only when it is at −overrun_ms', () => {
    const match = played('per_participant', skip).pass(13_000);
    expect(match.who('ann')).to.include({ total_time_ms: -3_000, time_used_ms: 13_000, has_expired: true });
    expect(match.state.active_participant_id).to.equal('bob');
    expect(match.switch(14_000).state.active_participant_id).to.equal('bob');
    expect(match.refusal(14_500, { type: 'switch', next_participant_id: 'ann' }).code).to.equal('PARTICIPANT_EXPIRED');
  });

  it('T-182 a group is skipped when its bank is at −overrun_ms, and not before', () => {
    const match = played('per_group', skip).switch(12_999);
    expect(match.banks).to.deep.equal({ red: -2_999, blue: 10_000 });
    expect(match.switch(13_000).state.active_group_id).to.equal('red');
    expect(match.pass(13_001).state.active_group_id).to.equal('blue');
    expect(match.group('red')).to.include({ total_time_ms: -3_000, has_expired: true });
    expect(match.switch(14_000).state.active_group_id).to.equal('blue');
  });

  it('T-183 a turn that ends below zero earns no increment; one that ends at exactly zero does', () => {
    const more = { increment_ms: 2 * SECOND };
    expect(played('per_participant', more).switch(10_000).times).to.deep.equal({ ann: 2_000, bob: 10_000 });
    expect(played('per_participant', more).switch(10_001).times).to.deep.equal({ ann: -1, bob: 10_000 });
    expect(played('per_group', more).switch(10_001).banks).to.deep.equal({ red: -1, blue: 10_000 });
  });

  for (const mode of MODES) {
    const owner = mode === 'per_participant' ? { participant_id: 'ann' } : mode === 'per_group' ? { group_id: 'red' } : {};
    it(`T-184 in ${mode} an adjustment must leave 1 ms until the clock falls`, () => {
      const match = played(mode);
      const adjust = (delta_ms: number) => ({ type: 'adjust', delta_ms, ...owner }) as const;
      const refusal = match.refusal(4_000, adjust(-9_000));
      expect(faultOf(refusal)).to.equal('delta_ms: out_of_range');
      expect(JSON.stringify(refusal.details)).to.contain('Must leave -2999 to 86400000 ms on the clock, not -3000');
      expect(ends(match.play(4_000, adjust(-8_999)).state)).to.deep.equal({ zero_at: at(1_001), deadline_at: at(4_001) });
      expect(match.play(4_000, adjust(5_000)).left(4_000), 'given while below zero').to.equal(2_001);
    });
  }

  it('T-185 in per_cycle each cycle has the whole overrun, after a switch and after an expiry', () => {
    const match = played('per_cycle', skip).switch(12_000);
    expect(ends(match.state)).to.deep.equal({ zero_at: at(22_000), deadline_at: at(25_000) });
    expect(ends(match.pass(25_000).state)).to.deep.equal({ zero_at: at(35_000), deadline_at: at(38_000) });
    expect(match.times).to.deep.equal({ ann: 10_000, bob: 10_000 });
  });

  it('T-188 a reading passes from main to overrun at zero', () => {
    const { state } = played('global');
    const read = (ms: number) => readClock(state, 'session', unix(ms));
    expect(read(9_999)).to.include({ left_ms: 1, phase: 'main', phase_left_ms: 1, rate: -1, next_change_in_ms: 1 });
    expect(read(10_000)).to.include({ left_ms: 0, phase: 'overrun', phase_left_ms: 3_000, rate: -1, next_change_in_ms: 3_000 });
    expect(read(12_999)).to.include({ left_ms: -2_999, phase: 'overrun', phase_left_ms: 1, rate: -1, next_change_in_ms: 1 });
    expect(read(13_000)).to.include({ left_ms: -3_000, phase: 'overrun', phase_left_ms: 0, rate: 0, next_change_in_ms: null });
  });

  it('T-189 an outage below zero is charged, credited or paused like one above it', () => {
    const outage = { from: unix(11_000), to: unix(11_500) };
    const session = (outage_policy: CreatePayload['outage_policy']) => played('global', { outage_policy }).state;
    const credited = takeIntoAccount(session('credit'), outage);
    expect(ends(credited.state)).to.deep.equal({ zero_at: at(10_500), deadline_at: at(13_500) });
    expect(credited.time_remaining_ms).to.equal(-1_000);
    const paused = takeIntoAccount(session('pause'), outage);
    expect(paused).to.include({ event_type: 'session_paused', time_elapsed_ms: 11_000, time_remaining_ms: -1_000 });
    const [charged] = [...catchUp(session('charge'), unix(20_000), [outage])];
    expect(charged?.state.updated_at).to.equal(at(13_000));
  });
});

describe('a time control that goes on below zero', () => {
  const controlled = (...stages: Stage[]) =>
    Match.started({
      sync_mode: 'per_participant',
      participants: seats('ann', 'bob'),
      time_control: { stages },
      overrun_ms: OVERRUN,
    });
  const banks = (match: Match) => match.state.participants.map((one) => one.total_time_ms);

  it('T-190 a stage that ends by turns adds to what is negative', () => {
    const match = controlled({ time_ms: 10_000, turns: 2 }, { time_ms: 5_000 }).switch(11_000).switch(12_000);
    expect(ends(match.state)).to.deep.equal({ zero_at: at(11_000), deadline_at: at(14_000) });
    expect(banks(match.switch(13_000))).to.deep.equal([3_000, 9_000]);
  });

  it('T-190 stages at zero begin before main time goes below zero', () => {
    const match = controlled({ time_ms: 10_000, at_zero: 'next' }, { time_ms: 5_000 });
    expect(ends(match.state)).to.deep.equal({ zero_at: at(15_000), deadline_at: at(18_000) });
    expect(match.switch(16_000).who('ann').total_time_ms).to.equal(-1_000);
  });

  it('T-190 a delay comes first in each turn, also below zero', () => {
    const match = controlled({ time_ms: 10_000, delay_ms: 2_000 });
    expect(ends(match.state)).to.deep.equal({ zero_at: at(12_000), deadline_at: at(15_000) });
    match.switch(13_000).switch(14_000);
    expect(banks(match)).to.deep.equal([-1_000, 10_000]);
    expect(ends(match.state)).to.deep.equal({ zero_at: at(15_000), deadline_at: at(18_000) });
    const reading = readClock(match.state, 'session', unix(15_000));
    expect(reading).to.include({ left_ms: -1_000, phase: 'delay', rate: 0, next_change_in_ms: 1_000 });
    expect(match.pass(18_000).state.status).to.equal('expired');
  });

  it('T-190 below zero neither an increment nor Bronstein gives anything back', () => {
    const bronstein = controlled({ time_ms: 10_000, delay_ms: 2_000, delay_type: 'bronstein' });
    expect(banks(bronstein.switch(10_001))).to.deep.equal([-1, 10_000]);
    const fischer = controlled({ time_ms: 10_000, increment_ms: 2_000 });
    expect(banks(fischer.switch(10_001))).to.deep.equal([-1, 10_000]);
    expect(banks(controlled({ time_ms: 10_000, increment_ms: 2_000 }).switch(10_000))).to.deep.equal([2_000, 10_000]);
  });

  it('T-190 an adjustment may lead below zero, to 1 ms before the clock falls', () => {
    const match = controlled({ time_ms: 10_000 });
    const adjust = (delta_ms: number) => ({ type: 'adjust', participant_id: 'bob', delta_ms }) as const;
    expect(faultOf(match.refusal(0, adjust(-13_000)))).to.equal('delta_ms: out_of_range');
    expect(banks(match.play(0, adjust(-12_999)))).to.deep.equal([10_000, -2_999]);
  });
});

describe('warnings at zero and below', () => {
  const quiz = (more: Partial<CreatePayload> = {}) => played('per_cycle', { warning_thresholds_ms: [-2_000, 1_000, 0, -1_000], ...more });

  it('T-186 thresholds count to zero_at, and the clock is warned of each at its instant', () => {
    const { state } = quiz();
    expect(thresholdsAhead(state)).to.deep.equal([-2_000, 1_000, 0, -1_000]);
    const due = (ms: number) => crossed(state, thresholdsAhead(state), unix(ms));
    expect([8_999, 9_000, 9_999, 10_000, 10_999, 11_000, 11_999, 12_000].map(due)).to.deep.equal([
      [],
      [1_000],
      [1_000],
      [1_000, 0],
      [1_000, 0],
      [1_000, 0, -1_000],
      [1_000, 0, -1_000],
      [1_000, 0, -1_000, -2_000],
    ]);
  });

  it('T-186 a clock that is resumed below zero arms only the thresholds below what is left on it', () => {
    const match = quiz().play(11_000, { type: 'pause' }).play(60_000, { type: 'resume' });
    expect(thresholdsAhead(match.state)).to.deep.equal([-2_000]);
  });

  it('T-186 an adjustment that lifts a clock above zero arms the warning at zero again', () => {
    const { state: before } = quiz().pass(11_500);
    const after = quiz().play(11_500, { type: 'adjust', delta_ms: 1_501 }).state;
    expect(thresholdsLifted(before, after)).to.deep.equal([0, -1_000]);
  });

  it('T-186 where none are given, zero is among the defaults of a clock that goes on below it', () => {
    expect(played('global').state.warning_thresholds_ms).to.deep.equal([10_000, 5_000, 1_000, 0]);
    expect(Match.started({ sync_mode: 'global', total_time_ms: MINUTE }).state.warning_thresholds_ms).not.to.include(0);
  });
});

describe('creating a clock that goes on below zero', () => {
  it('T-187 a create with overrun_ms is refused in count_up', () => {
    expect(faults('count_up', { overrun_ms: SECOND, max_time_ms: MINUTE })).to.deep.equal(['overrun_ms: unsupported']);
    expect(faults('count_up', { overrun_ms: 0 })).to.deep.equal([]);
  });

  it('T-187 a create with overrun_ms is refused where any clock has byo-yomi, Canadian time or an hourglass', () => {
    const stage = { time_ms: MINUTE };
    for (const time_control of [
      { stages: [{ ...stage, byoyomi: { period_ms: SECOND, periods: 5 } }] },
      { stages: [{ ...stage, canadian: { block_ms: MINUTE, turns: 15 } }] },
      { stages: [stage], hourglass: true as const },
    ]) {
      for (const change of [{ time_control }, { participants: [{ participant_id: 'ann', time_control }] }]) {
        expect(faults('per_participant', { ...change, overrun_ms: SECOND })).to.include('overrun_ms: unsupported');
        expect(faults('per_participant', change)).not.to.include('overrun_ms: unsupported');
      }
    }
    const stages = [{ ...stage, turns: 40 }, stage];
    expect(faults('per_participant', { time_control: { stages }, overrun_ms: SECOND })).not.to.include('overrun_ms: unsupported');
  });

  it('T-187 without overrun_ms a threshold is at least 1; with it, above −overrun_ms', () => {
    const of = (warning_thresholds_ms: number[], overrun_ms?: number) => faults('global', { warning_thresholds_ms, overrun_ms });
    expect(of([5, 0, -1])).to.deep.equal(['warning_thresholds_ms.1: too_small', 'warning_thresholds_ms.2: too_small']);
    expect(of([0], 0)).to.deep.equal(['warning_thresholds_ms.0: too_small']);
    expect(of([5, 0, -999], 1_000)).to.deep.equal([]);
    expect(of([5, -1_000], 1_000)).to.deep.equal(['warning_thresholds_ms.1: too_small']);
  });
});
