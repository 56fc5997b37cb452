import { expect } from 'chai';
import { predictSwitch, readClock } from '#clock';
import type { SessionState, TimeControl } from '#contract';
import { takeIntoAccount } from '../../server/domain/outage.ts';
import { recover } from '../../server/domain/recover.ts';
import { at, Match, unix } from './match.ts';

const BYOYOMI: TimeControl = { stages: [{ time_ms: 10_000, byoyomi: { period_ms: 3_000, periods: 3 } }] };
const DELAY: TimeControl = { stages: [{ time_ms: 10_000, delay_ms: 2_000 }] };
const HOURGLASS: TimeControl = { stages: [{ time_ms: 10_000 }], hourglass: true };

const seats = (...ids: string[]) => ids.map((participant_id) => ({ participant_id }));
const pair = (time_control: TimeControl, more: object = {}) =>
  Match.started({ sync_mode: 'per_participant', time_control, participants: seats('ann', 'bob'), ...more });
const teams = (time_control: TimeControl) =>
  Match.started({
    sync_mode: 'per_group',
    time_control,
    participants: [
      { participant_id: 'ann', group_id: 'red' },
      { participant_id: 'bob', group_id: 'red' },
      { participant_id: 'cem', group_id: 'blue' },
    ],
  });

describe('time controls in play', () => {
  it('T-208 a participant’s own time control stands for that of the session', () => {
    const participants = [{ participant_id: 'ann', time_control: DELAY }, { participant_id: 'bob' }];
    const match = pair(BYOYOMI, { participants });
    expect(match.times).to.deep.equal({ ann: 12_000, bob: 19_000 });
    match.switch(5_000).switch(16_000);
    expect(match.times).to.deep.equal({ ann: 9_000, bob: 9_000 });
    expect(match.who('ann').time_control).to.deep.equal(DELAY);
    expect(match.who('bob').clock).to.include({ periods_left: 3, period_left_ms: 3_000 });
  });

  it('T-209 a pass within a group does not end the clock’s turn: nothing is filled or counted, and the delay goes on', () => {
    const match = teams({ stages: [{ time_ms: 10_000, delay_ms: 2_000, increment_ms: 500 }] });
    match.switch(1_500, 'bob');
    expect(match.group('red')).to.deep.include({ total_time_ms: 10_000 });
    expect(match.group('red').clock).to.include({ turns: 0, turn_used_ms: 1_500 });
    match.switch(3_500, 'cem');
    expect(match.group('red')).to.deep.include({ total_time_ms: 9_000 });
    expect(match.group('red').clock).to.include({ turns: 1, turn_used_ms: 0 });
    expect(match.state.deadline_at).to.equal(at(3_500 + 12_000));
  });

  it('T-209 a group whose main time is over plays on in its periods', () => {
    const match = teams(BYOYOMI);
    match.switch(11_000, 'cem').switch(12_000);
    expect(match.state.active_group_id).to.equal('red');
    expect(match.group('red')).to.deep.include({ total_time_ms: 0, has_expired: false });
    expect(match.who('ann').time_remaining_ms).to.equal(9_000);
  });

  it('T-210 a pause refills nothing: delay, period and block go on where they were', () => {
    const match = pair(BYOYOMI);
    match.play(11_000, { type: 'pause' });
    expect(match.who('ann')).to.include({ total_time_ms: 0, time_remaining_ms: 8_000 });
    expect(match.who('ann').clock).to.include({ periods_left: 3, period_left_ms: 2_000 });
    match.play(60_000, { type: 'resume' });
    expect(match.state.deadline_at).to.equal(at(68_000));
    match.switch(63_000);
    expect(match.who('ann').clock).to.include({ periods_left: 2, period_left_ms: 3_000 });
  });

  it('T-210 at the end of its last period a clock falls, refills nothing, and is skipped from then on', () => {
    const match = pair(BYOYOMI, { action_on_timeout: { type: 'skip_cycle' } });
    match.pass(19_000);
    expect(match.last).to.include({ event_type: 'participant_expired', time_elapsed_ms: 19_000, time_remaining_ms: 0 });
    expect(match.who('ann')).to.include({ total_time_ms: 0, time_remaining_ms: 0, has_expired: true });
    expect(match.who('ann').clock).to.include({ periods_left: 0, period_left_ms: 0, turns: 0 });
    match.switch(20_000);
    expect(match.state.active_participant_id).to.equal('bob');
  });

  it('T-210 a clock that has nothing but a delay is empty once that has passed and the clock has fallen', () => {
    const match = pair({ stages: [{ time_ms: 0, delay_ms: 5_000 }] }, { action_on_timeout: { type: 'skip_cycle' } });
    match.switch(4_999).switch(9_000).pass(14_000);
    expect(match.times).to.deep.equal({ ann: 0, bob: 5_000 });
    expect(match.switch(15_000).state.active_participant_id).to.equal('bob');
  });

  it('T-211 an adjustment changes main time, leaves at least 0 ms of it and 1 ms in all, and moves whole units', () => {
    const match = pair({ ...BYOYOMI, charge_unit_ms: 1_000 });
    const ann = (delta_ms: number) => ({ type: 'adjust' as const, participant_id: 'ann', delta_ms });
    expect(match.refusal(0, ann(500)).details).to.deep.include({
      field: 'delta_ms',
      message: 'Must be a multiple of charge_unit_ms, 1000',
      code: 'not_multiple',
    });
    expect(match.refusal(0, ann(-11_000)).code).to.equal('VALIDATION_ERROR');
    match.play(11_000, ann(4_000));
    expect(match.who('ann')).to.include({ total_time_ms: 4_000, time_remaining_ms: 12_000 });
    // It drains first, and the period goes on as it was.
    match.play(16_000, { type: 'pause' });
    expect(match.who('ann')).to.include({ total_time_ms: 0, time_remaining_ms: 7_000 });
    expect(match.who('ann').clock).to.include({ periods_left: 3, period_left_ms: 1_000 });
  });

  it('T-212 a credited outage costs no bucket anything, and one that pauses leaves all of them as at its beginning', () => {
    const credited = pair(DELAY, { outage_policy: 'credit' });
    const event = takeIntoAccount(credited.pass(1_000).state, { from: unix(1_000), to: unix(9_000) });
    expect(event.state.deadline_at).to.equal(at(20_000));
    expect(readClock(event.state, { participant_id: 'ann' }, unix(9_500))).to.include({ phase: 'delay', phase_left_ms: 500 });
    const paused = takeIntoAccount(pair(DELAY, { outage_policy: 'pause' }).state, { from: unix(1_000), to: unix(9_000) });
    expect(paused.state.participants[0]?.clock).to.include({ turn_used_ms: 1_000 });
  });

  it('T-212 a recovered session has its clocks as they were', () => {
    const match = pair(BYOYOMI).switch(12_000).switch(13_000);
    const { state } = recover(match.state, unix(13_500));
    expect(state.participants).to.deep.equal(match.state.participants);
    expect(state.deadline_at).to.equal(match.state.deadline_at);
  });

  it('T-213 the client predicts a switch with a time control as the server decides it', () => {
    for (const control of [BYOYOMI, DELAY, HOURGLASS, { ...DELAY, charge_unit_ms: 1_000, least_charge_ms: 1_000 }]) {
      const match = pair(control);
      const before = match.switch(4_500).state;
      const predicted: SessionState | null = predictSwitch(before, unix(9_700));
      expect({ ...predicted, version: 4 }).to.deep.equal(match.switch(9_700).state);
    }
  });

  it('T-214 in an hourglass the clocks of those who wait rise while one drains, and all together stay what they were', () => {
    const match = pair(HOURGLASS, { participants: seats('ann', 'bob', 'cem') });
    const shown = (ms: number) =>
      match.state.participants.map(({ participant_id }) => readClock(match.state, { participant_id }, unix(ms)));
    const lefts = (ms: number) => shown(ms).map((reading) => reading?.left_ms);
    expect(lefts(1_001)).to.deep.equal([8_999, 10_501, 10_500]);
    expect(shown(0)[1]).to.include({ phase: 'main', rate: 0.5, next_change_in_ms: 10_000 });
    match.play(333, { type: 'pause' });
    expect(lefts(9_000), 'in a pause nothing moves').to.deep.equal([9_667, 10_167, 10_166]);
    match.play(9_000, { type: 'resume' });
    expect(lefts(9_001)).to.deep.equal([9_666, 10_167, 10_167]);
    match.pass(9_000 + 9_667);
    expect(match.times).to.deep.equal({ ann: 0, bob: 15_000, cem: 15_000 });
  });

  it('T-230 in an hourglass an adjustment leaves whoever waits time also when what can’t be divided yet goes to others', () => {
    const match = pair(HOURGLASS, { participants: seats('ann', 'bob', 'cem', 'dua', 'eli') });
    const adjust = (participant_id: string, delta_ms: number) => ({ type: 'adjust' as const, participant_id, delta_ms });
    // Of 59 ms each of the four has 14, and bob also the other 3: at 60 ms two of these are no longer his.
    match.play(59, { type: 'pause' });
    expect(match.times).to.include({ bob: 10_017, cem: 10_014 });
    expect(match.refusal(59, adjust('bob', -10_015)).message).to.contain('Must leave 3 to');
    match.play(59, adjust('bob', -10_014)).play(59, adjust('cem', -10_013)).play(59, { type: 'resume' });
    const lefts = [59, 60, 61].map((ms) => readClock(match.state, { participant_id: 'bob' }, unix(ms))?.left_ms);
    expect(lefts).to.deep.equal([3, 1, 2]);
  });

  it('T-214 a clock that has fallen receives nothing more', () => {
    const match = pair(HOURGLASS, { participants: seats('ann', 'bob', 'cem'), action_on_timeout: { type: 'skip_cycle' } });
    match.pass(10_000).switch(12_000);
    expect(match.times).to.deep.equal({ ann: 0, bob: 13_000, cem: 17_000 });
  });
});
