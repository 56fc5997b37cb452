import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { at, Match, MINUTE, SECOND } from './match.ts';

const HOUR = 60 * MINUTE;
const PUPILS = ['ann', 'bob', 'cem'].map((participant_id) => ({ participant_id }));

/** An exam of an hour for a class. */
const exam = (change: Partial<CreatePayload> = {}) => Match.started({ sync_mode: 'global', total_time_ms: HOUR, ...change });

/** A stopwatch, with a ceiling where one is given. */
const stopwatch = (change: Partial<CreatePayload> = {}) => Match.started({ sync_mode: 'count_up', ...change });

describe('global: an exam', () => {
  for (const [when, ms, over] of [
    ['1 ms before', HOUR - 1, false],
    ['at', HOUR, true],
    ['1 ms after', HOUR + 1, true],
  ] as const) {
    it(`T-40 ${when} the end of its hour the countdown has ${over ? '' : 'not '}run out`, () => {
      expect(exam().pass(ms).state.status).to.equal(over ? 'expired' : 'running');
      expect(exam().pass(ms).left(ms)).to.equal(over ? 0 : 1);
    });
  }

  it('T-80 in global one countdown runs for everybody, whoever’s turn it is, and a switch counts a lap', () => {
    const test = exam({ participants: PUPILS })
      .switch(10 * MINUTE)
      .switch(25 * MINUTE);
    expect(test.state).to.include({ active_participant_id: 'cem', cycle_count: 2, cycle_time_used_ms: 25 * MINUTE, deadline_at: at(HOUR) });
    expect(test.state.cycle_started_at).to.equal(at(25 * MINUTE));
    expect(test.times).to.deep.equal({ ann: 35 * MINUTE, bob: 35 * MINUTE, cem: 35 * MINUTE });
    expect([test.who('ann').time_used_ms, test.who('bob').time_used_ms]).to.deep.equal([10 * MINUTE, 15 * MINUTE]);
    expect(test.last).to.include({ participant_id: 'bob', time_elapsed_ms: 15 * MINUTE, time_remaining_ms: 35 * MINUTE });
  });

  it('T-80 in global without participants a switch still counts a lap', () => {
    const test = exam().switch(10 * MINUTE);
    expect(test.state).to.include({ cycle_count: 1, active_participant_id: null, cycle_time_used_ms: 10 * MINUTE, deadline_at: at(HOUR) });
  });

  for (const type of ['skip_cycle', 'auto_action', 'end_session', 'penalty']) {
    it(`T-81 a session in global has expired when its countdown ends, also with ${type} and auto_advance`, () => {
      const test = exam({ participants: PUPILS, action_on_timeout: { type }, auto_advance: true })
        .switch(10 * MINUTE)
        .pass(30 * HOUR);
      expect(test.state).to.include({
        status: 'expired',
        session_completed_at: at(HOUR),
        active_participant_id: 'bob',
        cycle_count: 2,
        version: 4,
      });
      expect(test.state.participants.some(({ has_expired, is_active }) => has_expired || is_active)).to.equal(false);
      expect(test.who('bob')).to.include({ cycle_count: 1, time_used_ms: 50 * MINUTE, time_remaining_ms: 0 });
      expect(test.last.expired).to.deep.equal({ participant_id: null, group_id: null });
    });
  }

  it('T-82 in global time_per_cycle_ms is the countdown where total_time_ms is missing', () => {
    const test = exam({ total_time_ms: undefined, time_per_cycle_ms: 5 * MINUTE });
    expect(test.state).to.include({ total_time_ms: 5 * MINUTE, time_per_cycle_ms: 5 * MINUTE, deadline_at: at(5 * MINUTE) });
  });

  it('T-82 in global total_time_ms is the countdown, also where time_per_cycle_ms is given', () => {
    const test = exam({ time_per_cycle_ms: 5 * MINUTE }).switch(10 * MINUTE);
    expect(test.state).to.include({ total_time_ms: HOUR, deadline_at: at(HOUR) });
  });

  it('T-60 an adjustment in global gives its time to everybody, once', () => {
    const test = exam({ participants: PUPILS }).play(MINUTE, { type: 'adjust', delta_ms: 10 * MINUTE });
    expect(test.state).to.include({ deadline_at: at(70 * MINUTE), total_time_ms: HOUR });
    expect(test.switch(2 * MINUTE).state.deadline_at).to.equal(at(70 * MINUTE));
    expect(test.left(2 * MINUTE, { participant_id: 'cem' })).to.equal(68 * MINUTE);
  });

  it('T-80 a pause in global stops the countdown for everybody', () => {
    const test = exam().play(20 * MINUTE, { type: 'pause' });
    expect(test.left(10 * HOUR)).to.equal(40 * MINUTE);
    expect(test.play(10 * HOUR, { type: 'resume' }).state.deadline_at).to.equal(at(10 * HOUR + 40 * MINUTE));
  });
});

describe('count_up: a stopwatch', () => {
  it('T-83 without max_time_ms a stopwatch counts up and never runs out', () => {
    const watch = stopwatch().pass(1_000 * 24 * HOUR);
    expect(watch.state).to.include({ status: 'running', deadline_at: null, max_time_ms: null, version: 2 });
    expect(watch.left(MINUTE)).to.equal(null);
    expect(watch.play(1_000 * 24 * HOUR, { type: 'pause' }).state.cycle_time_used_ms).to.equal(1_000 * 24 * HOUR);
  });

  it('T-83 in count_up a switch counts a lap while the stopwatch runs on, and each lap has its event', () => {
    const watch = stopwatch()
      .switch(12_345)
      .switch(20_000)
      .play(21_000, { type: 'pause' })
      .play(MINUTE, { type: 'resume' })
      .switch(MINUTE + 500);
    const laps = watch.events.filter(({ event_type }) => event_type === 'cycle_switched');
    expect(laps.map(({ time_elapsed_ms, time_remaining_ms }) => [time_elapsed_ms, time_remaining_ms])).to.deep.equal([
      [12_345, null],
      [7_655, null],
      [500, null],
    ]);
    expect(watch.state).to.include({ cycle_time_used_ms: 21_500, cycle_count: 3, cycle_started_at: at(MINUTE + 500) });
  });

  it('T-83 in count_up participants share one stopwatch in turn', () => {
    const watch = stopwatch({ participants: PUPILS })
      .switch(5 * SECOND)
      .switch(9 * SECOND);
    expect(watch.state).to.include({ active_participant_id: 'cem', cycle_time_used_ms: 9 * SECOND });
    expect(
      watch.state.participants.map(({ time_used_ms, cycle_count, time_remaining_ms }) => [time_used_ms, cycle_count, time_remaining_ms]),
    ).to.deep.equal([
      [5 * SECOND, 1, null],
      [4 * SECOND, 1, null],
      [0, 0, null],
    ]);
  });

  for (const [when, ms, over] of [
    ['1 ms before', MINUTE - 1, false],
    ['at', MINUTE, true],
    ['1 ms after', MINUTE + 1, true],
  ] as const) {
    it(`T-40 ${when} its ceiling the stopwatch has ${over ? '' : 'not '}run out`, () => {
      expect(stopwatch({ max_time_ms: MINUTE }).pass(ms).state.status).to.equal(over ? 'expired' : 'running');
    });
  }

  it('T-84 a stopwatch stops at max_time_ms, with or without laps, and nothing follows', () => {
    const watch = stopwatch({ max_time_ms: MINUTE, participants: PUPILS, auto_advance: true, action_on_timeout: { type: 'skip_cycle' } })
      .switch(20 * SECOND)
      .pass(HOUR);
    expect(watch.state).to.include({
      status: 'expired',
      cycle_time_used_ms: MINUTE,
      session_completed_at: at(MINUTE),
      active_participant_id: 'bob',
    });
    expect(watch.state.participants.some(({ has_expired }) => has_expired)).to.equal(false);
    expect(watch.last).to.include({ participant_id: 'bob', time_elapsed_ms: 40 * SECOND, time_remaining_ms: 0 });
    expect(watch.last.expired).to.deep.equal({ participant_id: null, group_id: null });
  });

  it('T-84 a stopwatch with a ceiling tells everybody what is left until then', () => {
    const watch = stopwatch({ max_time_ms: MINUTE, participants: PUPILS }).switch(20 * SECOND);
    expect(watch.times).to.deep.equal({ ann: 40 * SECOND, bob: 40 * SECOND, cem: 40 * SECOND });
    expect(watch.left(30 * SECOND)).to.equal(30 * SECOND);
  });

  it('T-60 an adjustment in count_up changes max_time_ms, not what was counted', () => {
    const watch = stopwatch({ max_time_ms: MINUTE }).play(20 * SECOND, { type: 'adjust', delta_ms: -30 * SECOND });
    expect(watch.state).to.include({ max_time_ms: 30 * SECOND, cycle_time_used_ms: 20 * SECOND, deadline_at: at(30 * SECOND) });
  });
});
