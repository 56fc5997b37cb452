import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, MINUTE, SECOND } from './match.ts';

const three = ['ann', 'ben', 'cem'].map((participant_id) => ({ participant_id }));

/** A quiz: twenty seconds for everybody and each question. Cem has half as much again. */
const quiz = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    concurrent: true,
    time_per_cycle_ms: 20 * SECOND,
    participants: three.map((one) => (one.participant_id === 'cem' ? { ...one, time_factor: 1.5 } : one)),
    ...change,
  });
const race = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'count_up', concurrent: true, participants: three, ...change });

describe('concurrent clocks: a quiz (per_cycle)', () => {
  it('CC-40 each cycle gives everybody the same fresh time, times their factor', () => {
    const game = quiz();
    expect(game.state.participants.map((one) => [one.clock_status, one.given_ms, one.deadline_at, one.cycle_time_used_ms])).to.deep.equal([
      ['running', 20 * SECOND, at(20 * SECOND), 0],
      ['running', 20 * SECOND, at(20 * SECOND), 0],
      ['running', 30 * SECOND, at(30 * SECOND), 0],
    ]);
    game.play(5 * SECOND, { type: 'finish', participant_id: 'ann', answer: 'b' }).play(8 * SECOND, { type: 'switch' });
    expect(game.last).to.include({ event_type: 'cycle_switched', participant_id: null, time_elapsed_ms: null });
    expect(game.state).to.include({ cycle_count: 1, deadline_at: at(28 * SECOND) });
    expect(game.who('ann')).to.include({ clock_status: 'running', time_used_ms: 5 * SECOND, finished_at: null, cycle_count: 1 });
    expect(game.who('ann')).not.to.have.property('answer');
    expect(game.who('ben')).to.include({
      clock_status: 'running',
      time_used_ms: 8 * SECOND,
      time_remaining_ms: 20 * SECOND,
      cycle_count: 1,
    });
    checkReplay(game.events);
  });

  it('CC-41 with auto_advance the last answer, or the last fall, of a cycle begins the next one in the same version', () => {
    const game = quiz({ auto_advance: true });
    for (const [n, participant_id] of ['ann', 'ben', 'cem'].entries()) game.play((n + 1) * SECOND, { type: 'finish', participant_id });
    expect(game.state).to.include({ version: 5, cycle_count: 1, status: 'running', deadline_at: at(23 * SECOND) });
    game.pass(33 * SECOND);
    expect(game.expiries.map((event) => event.metadata['participant_ids'])).to.deep.equal([['ann', 'ben'], ['cem']]);
    expect(game.state).to.include({ cycle_count: 2, deadline_at: at(53 * SECOND) });
    expect(game.who('ann')).to.include({ has_expired: false, clock_status: 'running', cycle_started_at: at(33 * SECOND) });
    checkReplay(game.events);
  });

  it('CC-42 without auto_advance the session goes on with no clock running and no deadline, until the host goes on or completes it', () => {
    const game = quiz().pass(MINUTE);
    expect(game.state).to.include({ status: 'running', cycle_count: 0, deadline_at: null });
    expect(game.state.participants.map((one) => one.clock_status)).to.deep.equal(['expired', 'expired', 'expired']);
    expect(game.refusal(MINUTE, { type: 'finish', participant_id: 'ann' }).details).to.include({ clock_status: 'expired' });
    game.play(MINUTE, { type: 'switch', cycle_count: 0 });
    expect(game.state).to.include({ cycle_count: 1, deadline_at: at(MINUTE + 20 * SECOND) });
    expect(game.who('ann')).to.include({ has_expired: false, clock_status: 'running' });
    expect(game.play(MINUTE + 1, { type: 'complete' }).state.status).to.equal('completed');
    checkReplay(game.events);
  });

  it('CC-43 a finish or a switch that names another cycle is CONFLICT with the state', () => {
    const game = quiz().play(SECOND, { type: 'switch' });
    for (const command of [{ type: 'switch' }, { type: 'finish', participant_id: 'ann' }] as const) {
      const { code, details } = game.refusal(2 * SECOND, { ...command, cycle_count: 0 });
      expect(code).to.equal('CONFLICT');
      expect(details).to.have.nested.property('state.cycle_count', 1);
    }
    const turns = Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: 20 * SECOND }).switch(SECOND);
    expect(turns.refusal(SECOND, { type: 'switch', cycle_count: 0 }).code).to.equal('CONFLICT');
  });

  it('CC-44 an adjustment of one clock or of all holds for the present cycle only; a paused clock waits for the host like any other', () => {
    const game = quiz()
      .play(SECOND, { type: 'adjust', delta_ms: 10 * SECOND })
      .play(2 * SECOND, { type: 'adjust', participant_id: 'ben', delta_ms: 5 * SECOND })
      .play(3 * SECOND, { type: 'pause', participant_id: 'cem' });
    expect(game.state.participants.map((one) => one.deadline_at)).to.deep.equal([at(30 * SECOND), at(35 * SECOND), null]);
    game.play(4 * SECOND, { type: 'switch' });
    expect(game.state.participants.map((one) => [one.given_ms, one.clock_status])).to.deep.equal([
      [20 * SECOND, 'running'],
      [20 * SECOND, 'running'],
      [30 * SECOND, 'running'],
    ]);
    checkReplay(game.events);
  });
});

describe('concurrent clocks: a race (count_up)', () => {
  it('CC-45 each participant has a stopwatch of their own, and a switch records the split of the one that it names', () => {
    const run = race().play(10 * SECOND, { type: 'switch', current_participant_id: 'ben' });
    expect(run.last).to.include({
      event_type: 'cycle_switched',
      participant_id: 'ben',
      time_elapsed_ms: 10 * SECOND,
      time_remaining_ms: null,
    });
    run.play(25 * SECOND, { type: 'switch', current_participant_id: 'ben' });
    expect(run.last).to.include({ participant_id: 'ben', time_elapsed_ms: 15 * SECOND });
    expect(run.who('ben')).to.include({ cycle_count: 2, time_used_ms: 25 * SECOND, cycle_started_at: at(25 * SECOND), deadline_at: null });
    expect(run.who('ann')).to.include({ cycle_count: 0, time_used_ms: 0, cycle_started_at: at(0), given_ms: null });
    run.play(30 * SECOND, { type: 'finish', participant_id: 'ben' });
    expect(run.who('ben')).to.include({ clock_status: 'finished', time_used_ms: 30 * SECOND, cycle_count: 3 });
    expect(run.state).to.include({ status: 'running', cycle_count: 0, deadline_at: null });
    expect(faultOf(run.refusal(31 * SECOND, { type: 'switch' }))).to.equal('current_participant_id: required');
    expect(run.refusal(31 * SECOND, { type: 'switch', current_participant_id: 'ben' }).details).to.include({ clock_status: 'finished' });
    expect(faultOf(run.refusal(31 * SECOND, { type: 'adjust', delta_ms: 1 }))).to.equal('delta_ms: unsupported');
    checkReplay(run.events);
  });

  it('CC-46 the ceiling is a limit for each stopwatch, from its own start on', () => {
    const run = new Match({ sync_mode: 'count_up', concurrent: true, participants: three, max_time_ms: MINUTE })
      .play(0, { type: 'start', participant_id: 'ann' })
      .play(10 * SECOND, { type: 'start', participant_id: 'ben' })
      .play(20 * SECOND, { type: 'finish', participant_id: 'cem' });
    run.play(30 * SECOND, { type: 'adjust', participant_id: 'ben', delta_ms: 5 * SECOND }).pass(5 * MINUTE);
    expect(run.expiries.map((event) => [event.participant_id, event.metadata['participant_ids'], event.state.updated_at])).to.deep.equal([
      ['ann', ['ann'], at(MINUTE)],
      ['ben', ['ben'], at(75 * SECOND)],
    ]);
    expect(run.state.status).to.equal('completed');
    checkReplay(run.events);
  });
});
