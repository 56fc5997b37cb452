import { expect } from 'chai';
import type { TimeControl } from '#contract';
import { ids, banks, game, lots, hall, quiz, edit, faultsOf, clocks } from './editable.ts';
import { checkReplay } from './laws.ts';
import { at, Match, MINUTE, SECOND } from './match.ts';

describe('participants who withdraw', () => {
  it('JN-20 whoever withdraws is passed over and stays in the state; the turn of the active one passes as at a switch, without a refill', () => {
    const match = game({ participants: banks('ann', 'ben', 'cem'), increment_ms: SECOND });
    edit(match, 10 * SECOND, { participant_id: 'ann', withdrawn: true });
    expect(match.last).to.deep.include({
      event_type: 'session_edited',
      participant_id: 'ann',
      time_elapsed_ms: 10 * SECOND,
      time_remaining_ms: 50 * SECOND,
    });
    expect(match.who('ann')).to.include({ withdrawn: true, total_time_ms: 50 * SECOND, cycle_count: 1, is_active: false });
    expect(match.state).to.include({
      active_participant_id: 'ben',
      cycle_started_at: at(10 * SECOND),
      deadline_at: at(70 * SECOND),
      cycle_count: 1,
    });
    expect(match.turns(20 * SECOND, 2)).to.deep.equal(['ben', 'cem', 'ben']);
    edit(match, 30 * SECOND, { participant_id: 'cem', withdrawn: true });
    expect(match.turns(31 * SECOND, 2)).to.deep.equal(['ben', 'ben', 'ben']);
  });

  it('JN-20 the turn of one who withdraws while paused passes too, and the clock stands until the resume', () => {
    const match = game().play(10 * SECOND, { type: 'pause' });
    edit(match, 20 * SECOND, { participant_id: 'ann', withdrawn: true });
    expect(match.state).to.include({ status: 'paused', active_participant_id: 'ben', cycle_started_at: null, deadline_at: null });
    expect(match.play(30 * SECOND, { type: 'resume' }).state.deadline_at).to.equal(at(90 * SECOND));
  });

  it('JN-20 before the start whoever was to begin may withdraw, but not the last one', () => {
    const match = new Match({ sync_mode: 'per_participant', participants: banks('ann', 'ben'), active_participant_id: 'ann' });
    edit(match, 1, { participant_id: 'ann', withdrawn: true });
    expect(match.state).to.include({ active_participant_id: null });
    expect(faultsOf(match, { participant_id: 'ben', withdrawn: true })).to.equal('participants: too_small');
    expect(match.refusal(2 * SECOND, { type: 'start', active_participant_id: 'ann' }).code).to.equal('INVALID_STATE_TRANSITION');
    expect(match.play(3 * SECOND, { type: 'start' }).state.active_participant_id).to.equal('ben');
  });

  it('JN-21 a session is over with the last one who withdraws: expired if somebody’s time was over, else cancelled', () => {
    const match = edit(game(), SECOND, { participant_id: 'ben', withdrawn: true });
    edit(match, 2 * SECOND, { participant_id: 'ann', withdrawn: true });
    expect(match.state).to.include({
      status: 'cancelled',
      session_completed_at: at(2 * SECOND),
      cycle_started_at: null,
      deadline_at: null,
    });
    const over = edit(game({ auto_advance: true }).pass(MINUTE), MINUTE + SECOND, { participant_id: 'ben', withdrawn: true });
    expect(over.state.status).to.equal('expired');
  });

  it('JN-21 where one clock runs for all, it goes on when everybody has withdrawn', () => {
    const both = [
      { participant_id: 'ann', withdrawn: true },
      { participant_id: 'ben', withdrawn: true },
    ];
    const countdown = edit(Match.started({ sync_mode: 'global', total_time_ms: MINUTE, participants: ids('ann', 'ben') }), SECOND, ...both);
    expect(countdown.state).to.include({ status: 'running', active_participant_id: null, deadline_at: at(MINUTE) });
    const cycles = edit(lots({ auto_advance: true }), SECOND, ...both);
    expect(cycles.state).to.include({ status: 'running', active_participant_id: null, deadline_at: at(61 * SECOND) });
    expect(cycles.pass(61 * SECOND).state).to.include({ status: 'running', deadline_at: at(121 * SECOND) });
  });

  it('JN-22 in per_group the turn goes to whoever is left of a group, and passes over a group without anybody', () => {
    const groups = ['a', 'b', 'c'].map((group_id) => ({ group_id, total_time_ms: MINUTE, members: [`${group_id}1`, `${group_id}2`] }));
    const match = Match.started({ sync_mode: 'per_group', groups, participants: ids('a1', 'a2', 'b1', 'b2', 'c1', 'c2') });
    edit(
      match,
      SECOND,
      { participant_id: 'b1', withdrawn: true },
      { participant_id: 'c1', withdrawn: true },
      { participant_id: 'c2', withdrawn: true },
    );
    expect(match.turns(2 * SECOND, 3)).to.deep.equal(['a1', 'b2', 'a2', 'b2']);
    edit(match, 3 * SECOND, { participant_id: 'b2', withdrawn: true });
    expect(match.turns(4 * SECOND, 2)).to.deep.equal(['a1', 'a2', 'a1']);
    expect(match.group('c').members).to.deep.equal(['c1', 'c2']);
  });

  it('JN-23 with a time control the clock of an active one who withdraws is charged, and their group’s next turn begins anew', () => {
    const time_control: TimeControl = { stages: [{ time_ms: 0, byoyomi: { period_ms: 10 * SECOND, periods: 3 } }] };
    const groups = [
      { group_id: 'a', members: ['a1', 'a2'] },
      { group_id: 'b', members: ['b1'] },
    ];
    const match = Match.started({ sync_mode: 'per_group', time_control, groups, participants: ids('a1', 'a2', 'b1') });
    edit(match, 15 * SECOND, { participant_id: 'a1', withdrawn: true });
    expect(match.group('a').clock).to.deep.include({ periods_left: 2, period_left_ms: 10 * SECOND, turns: 0, turn_used_ms: 0 });
    expect(match.state).to.include({ active_participant_id: 'b1' });
  });

  it('JN-24 in a concurrent session the clock of whoever withdraws stops, and holds up no end', () => {
    const match = hall().play(SECOND, { type: 'finish', participant_id: 'ann' });
    edit(match, 10 * SECOND, { participant_id: 'ben', withdrawn: true });
    expect(match.who('ben')).to.include({
      withdrawn: true,
      clock_status: 'paused',
      time_used_ms: 10 * SECOND,
      deadline_at: null,
      is_active: false,
    });
    expect(match.state).to.include({ status: 'completed', session_completed_at: at(10 * SECOND) });
    const all = edit(hall(), SECOND, { participant_id: 'ann', withdrawn: true }, { participant_id: 'ben', withdrawn: true });
    expect(all.state.status).to.equal('cancelled');
    const fell = edit(
      hall()
        .play(SECOND, { type: 'adjust', participant_id: 'ann', delta_ms: -50 * SECOND })
        .pass(10 * SECOND),
      11 * SECOND,
      { participant_id: 'ben', withdrawn: true },
    );
    expect(fell.state.status).to.equal('expired');
  });

  it('JN-24 in a concurrent per_cycle the last one who withdraws ends the cycle, and later cycles begin without them', () => {
    const match = quiz({ auto_advance: true, participants: ids('ann', 'ben', 'cem') });
    match.play(SECOND, { type: 'finish', participant_id: 'ann', answer: 4 }).play(2 * SECOND, { type: 'finish', participant_id: 'ben' });
    edit(match, 3 * SECOND, { participant_id: 'cem', withdrawn: true });
    expect(match.state).to.include({ cycle_count: 1, deadline_at: at(63 * SECOND) });
    expect(clocks(match)).to.equal('ann running, ben running, cem waiting');
    edit(match, 4 * SECOND, { participant_id: 'cem', withdrawn: false });
    expect(match.who('cem')).to.include({ sits_out: true, clock_status: 'waiting' }).and.to.not.have.property('withdrawn');
    expect(clocks(match.play(5 * SECOND, { type: 'switch' }))).to.equal('ann running, ben running, cem running');
  });

  it('JN-29 a cycle with hidden answers that ends by a withdrawal tells all answers, that of whoever withdrew included', () => {
    const match = quiz({ answers: 'hidden', auto_advance: true, participants: ids('ann', 'ben', 'cem') });
    match
      .play(SECOND, { type: 'finish', participant_id: 'ann', answer: 4 })
      .play(2 * SECOND, { type: 'finish', participant_id: 'ben', answer: 5 });
    edit(match, 3 * SECOND, { participant_id: 'ben', withdrawn: true });
    expect(match.last.metadata).to.not.have.property('answers');
    edit(match, 4 * SECOND, { participant_id: 'cem', withdrawn: true });
    const answers = match.last.metadata['answers'] as { participant_id: string; answer: number }[];
    expect(answers.map(({ participant_id, answer }) => [participant_id, answer])).to.deep.equal([
      ['ann', 4],
      ['ben', 5],
    ]);
    for (const id of ['ann', 'ben']) expect(match.who(id)).to.not.have.property('answer');
    checkReplay(match.events);
  });

  it('JN-25 commands that name somebody who has withdrawn are refused, and say so', () => {
    const said = (match: Match, command: Parameters<Match['refusal']>[1]) => {
      const { code, message, details } = match.refusal(2 * SECOND, command);
      expect([code, details]).to.deep.equal(['INVALID_STATE_TRANSITION', { status: 'running', command: command.type, withdrawn: true }]);
      return message;
    };
    const match = edit(game(), SECOND, { participant_id: 'ben', withdrawn: true });
    expect(said(match, { type: 'switch', next_participant_id: 'ben' })).to.equal('Cannot switch: ben has withdrawn');
    expect(said(match, { type: 'adjust', participant_id: 'ben', delta_ms: 1 })).to.equal('Cannot adjust: ben has withdrawn');
    const lot = edit(lots({ extension: { window_ms: SECOND, by_ms: SECOND, mode: 'add' } }), SECOND, {
      participant_id: 'ben',
      withdrawn: true,
    });
    said(lot, { type: 'extend', participant_id: 'ben' });
    const exam = edit(hall({ closes_at: at(MINUTE), late_finish_ms: MINUTE }), SECOND, { participant_id: 'ben', withdrawn: true });
    for (const type of ['start', 'pause', 'resume', 'finish'] as const) said(exam, { type, participant_id: 'ben' });
    said(exam, { type: 'adjust', participant_id: 'ben', delta_ms: 1 });
    said(exam, { type: 'schedule', participant_id: 'ben', closes_at: at(2 * MINUTE) });
  });

  it('JN-26 whoever returns has the place, the clock and the time that they had', () => {
    const match = edit(game(), 10 * SECOND, { participant_id: 'ann', withdrawn: true });
    edit(match, 20 * SECOND, { participant_id: 'ann', withdrawn: false });
    expect(match.who('ann'))
      .to.include({ total_time_ms: 50 * SECOND })
      .and.to.not.have.property('withdrawn');
    expect(match.turns(21 * SECOND, 2)).to.deep.equal(['ben', 'ann', 'ben']);
    const exam = edit(hall(), 10 * SECOND, { participant_id: 'ben', withdrawn: true });
    edit(exam, 20 * SECOND, { participant_id: 'ben', withdrawn: false }).play(30 * SECOND, { type: 'resume', participant_id: 'ben' });
    expect(exam.who('ben')).to.include({ clock_status: 'running', deadline_at: at(80 * SECOND) });
  });

  it('JN-27 turns from before a withdrawal or a return are not taken back', () => {
    const match = game({ undo_depth: 5, participants: banks('ann', 'ben', 'cem') })
      .switch(SECOND)
      .switch(2 * SECOND);
    edit(match, 3 * SECOND, { participant_id: 'cem', withdrawn: true });
    expect(match.state).to.include({ active_participant_id: 'ann', undo_available: 0 });
    expect(match.refusal(4 * SECOND, { type: 'undo' }).code).to.equal('INVALID_STATE_TRANSITION');
    match.switch(5 * SECOND);
    edit(match, 6 * SECOND, { participant_id: 'ann', name: 'Ann' });
    expect(match.play(7 * SECOND, { type: 'undo' }).state).to.include({ active_participant_id: 'ann', undo_available: 0 });
  });

  it('JN-28 in a programme the item of an active one who withdraws ends, and later items of theirs are nobody’s', () => {
    const items = [
      { item_id: 'a', participant_id: 'ann' },
      { item_id: 'b', participant_id: 'ben' },
      { item_id: 'c', participant_id: 'ann' },
    ];
    const match = edit(lots({ items }), SECOND, { participant_id: 'ann', withdrawn: true });
    expect(match.state).to.include({ active_participant_id: 'ben', item_index: 1, deadline_at: at(61 * SECOND) });
    expect(match.switch(2 * SECOND).state).to.include({ active_participant_id: null, item_index: 2 });
  });

  it('JN-28 a pass of the turn by a withdrawal counts for max_cycles', () => {
    const match = edit(lots({ max_cycles: 2 }).switch(SECOND), 2 * SECOND, { participant_id: 'ben', withdrawn: true });
    expect(match.state).to.include({ status: 'completed', cycle_count: 2 });
  });
});
