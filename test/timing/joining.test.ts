import { expect } from 'chai';
import { applyChanges } from '#clock';
import type { CreatePayload, ParticipantEdit, ParticipantInput, SessionState, TimeControl } from '#contract';
import { changesBetween } from '../../server/domain/changes.ts';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, MINUTE, SECOND } from './match.ts';

const ids = (...names: string[]): ParticipantInput[] => names.map((participant_id) => ({ participant_id }));
const banks = (...names: string[]): ParticipantInput[] => names.map((participant_id) => ({ participant_id, total_time_ms: MINUTE }));
const game = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_participant', participants: banks('ann', 'ben'), ...change });
const lots = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE, participants: ids('ann', 'ben'), ...change });
const hall = (change: Partial<CreatePayload> = {}) => game({ concurrent: true, ...change });
const quiz = (change: Partial<CreatePayload> = {}) => lots({ concurrent: true, ...change });
const edit = (match: Match, ms: number, ...participants: ParticipantEdit[]) => match.play(ms, { type: 'edit', participants });
const faultsOf = (match: Match, ...participants: ParticipantEdit[]) => faultOf(match.refusal(SECOND, { type: 'edit', participants }));
const clocks = ({ state }: Match) => state.participants.map((one) => `${one.participant_id} ${one.clock_status ?? ''}`).join(', ');

describe('participants who join', () => {
  it('JN-1 whoever joins comes last in the order, or at a free participant_index; the turn and the clock go on', () => {
    const match = edit(game(), 10 * SECOND, { participant_id: 'cem', total_time_ms: 2 * MINUTE, name: 'Cem', metadata: { seat: 3 } });
    expect(match.last).to.deep.include({ event_type: 'session_edited', time_elapsed_ms: 10 * SECOND, participant_id: 'ann' });
    expect(match.who('cem')).to.deep.include({
      participant_index: 2,
      total_time_ms: 2 * MINUTE,
      time_remaining_ms: 2 * MINUTE,
      name: 'Cem',
    });
    expect(match.state).to.include({ active_participant_id: 'ann', deadline_at: at(MINUTE) });
    expect(match.turns(11 * SECOND, 3)).to.deep.equal(['ann', 'ben', 'cem', 'ann']);
    const seated = game({
      participants: [
        { participant_id: 'p0', participant_index: 0, total_time_ms: MINUTE },
        { participant_id: 'p1', participant_index: 5, total_time_ms: MINUTE },
      ],
    });
    edit(
      seated,
      SECOND,
      { participant_id: 'last', total_time_ms: MINUTE },
      { participant_id: 'mid', participant_index: 3, total_time_ms: MINUTE },
    );
    expect(seated.turns(2 * SECOND, 3)).to.deep.equal(['p0', 'mid', 'p1', 'last']);
  });

  it('JN-1 before the start and while paused somebody may join, too; after the end nobody may', () => {
    const match = new Match({ sync_mode: 'per_participant', participants: banks('ann') });
    edit(match, 1, ...banks('ben'))
      .play(2, { type: 'start' })
      .play(3, { type: 'pause' });
    edit(match, 4, ...banks('cem')).play(5, { type: 'resume' });
    expect(match.turns(10, 2)).to.deep.equal(['ann', 'ben', 'cem']);
    match.play(SECOND, { type: 'complete' });
    expect(match.refusal(SECOND, { type: 'edit', participants: banks('dan') }).code).to.equal('INVALID_STATE_TRANSITION');
  });

  it('JN-2 in global and count_up, and without participants before, whoever joins needs nothing but an id', () => {
    const match = Match.started({ sync_mode: 'count_up' });
    edit(match, SECOND, ...ids('ann', 'ben'));
    expect(match.state).to.include({ active_participant_id: null, cycle_started_at: at(SECOND) });
    expect(match.switch(2 * SECOND).state.active_participant_id).to.equal('ann');
    expect(edit(lots({ participants: [] }), SECOND, ...ids('ann')).who('ann').time_remaining_ms).to.equal(MINUTE);
  });

  it('JN-3 in per_group whoever joins enters a group that is there, whose bank stays', () => {
    const groups = [
      { group_id: 'a', total_time_ms: MINUTE, members: ['ann'] },
      { group_id: 'b', total_time_ms: MINUTE, members: ['ben'] },
    ];
    const match = Match.started({ sync_mode: 'per_group', groups, participants: ids('ann', 'ben') });
    edit(match, 10 * SECOND, { participant_id: 'bea', group_id: 'b' });
    expect(match.group('b')).to.deep.include({ members: ['ben', 'bea'], total_time_ms: MINUTE });
    expect(match.turns(11 * SECOND, 3)).to.deep.equal(['ann', 'ben', 'ann', 'bea']);
    expect(faultsOf(match, ...ids('x'))).to.equal('participants.0.group_id: required');
    expect(faultsOf(match, { participant_id: 'x', group_id: 'c' })).to.equal('participants.0.group_id: not_found');
    const over = Match.started({ sync_mode: 'per_group', auto_advance: true, groups, participants: ids('ann', 'ben') }).pass(MINUTE);
    edit(over, MINUTE + SECOND, { participant_id: 'late', group_id: 'a' });
    expect(over.who('late')).to.include({ has_expired: true, time_remaining_ms: 0 });
  });

  it('JN-4 with a time control whoever joins begins at stage 0, by the session’s control or by their own', () => {
    const time_control: TimeControl = { stages: [{ time_ms: MINUTE, turns: 1 }, { time_ms: SECOND }] };
    const match = game({ time_control, participants: ids('ann', 'ben') })
      .switch(SECOND)
      .switch(2 * SECOND);
    edit(match, 3 * SECOND, ...ids('cem'), { participant_id: 'dan', time_control: { stages: [{ time_ms: 5 * SECOND }] } });
    expect(match.who('ann').clock).to.include({ stage: 1 });
    expect(match.who('cem')).to.deep.include({ total_time_ms: MINUTE }).and.to.have.nested.property('clock.stage', 0);
    expect(match.who('dan')).to.include({ total_time_ms: 5 * SECOND });
    expect(faultsOf(match, ...banks('eve'))).to.equal('participants.0.total_time_ms: unsupported');
    const glass = game({ time_control: { stages: [{ time_ms: MINUTE }], hourglass: true }, participants: ids('ann', 'ben') });
    expect(faultsOf(glass, ...ids('cem'))).to.equal('participants.0.participant_id: unsupported');
  });

  it('JN-5 in a concurrent per_participant or count_up the clock of whoever joins waits for a start, with their own factor and extra time', () => {
    const match = edit(hall(), SECOND, { participant_id: 'cem', total_time_ms: MINUTE, time_factor: 1.5, extra_time_ms: SECOND });
    expect(match.who('cem')).to.include({ clock_status: 'waiting', given_ms: 91 * SECOND, total_time_ms: 91 * SECOND, time_factor: 1.5 });
    match.play(2 * SECOND, { type: 'start', participant_id: 'cem' });
    expect(match.who('cem').deadline_at).to.equal(at(93 * SECOND));
    expect(match.pass(MINUTE).state.status).to.equal('running');
    const race = Match.started({ sync_mode: 'count_up', concurrent: true, participants: ids('ann') });
    expect(clocks(edit(race, SECOND, ...ids('ben')).play(2 * SECOND, { type: 'start' }))).to.equal('ann running, ben running');
  });

  it('JN-6 in a concurrent per_cycle whoever joins within a cycle waits for the next one, and nobody waits for them', () => {
    const match = edit(quiz(), SECOND, ...ids('cem'));
    expect(match.who('cem')).to.include({ clock_status: 'waiting', sits_out: true, given_ms: MINUTE });
    for (const type of ['start', 'finish', 'pause'] as const) {
      const { code, message } = match.refusal(2 * SECOND, { type, participant_id: 'cem' });
      expect([code, message]).to.deep.equal([
        'INVALID_STATE_TRANSITION',
        `Cannot ${type}: cem joined within this cycle and begins with the next one`,
      ]);
    }
    match.play(3 * SECOND, { type: 'finish', participant_id: 'ann' }).play(4 * SECOND, { type: 'finish', participant_id: 'ben' });
    expect(match.state).to.include({ status: 'running', deadline_at: null });
    match.play(5 * SECOND, { type: 'switch' });
    expect(clocks(match)).to.equal('ann running, ben running, cem running');
    expect(match.who('cem')).to.not.have.property('sits_out');
    const fast = edit(quiz({ auto_advance: true }), SECOND, ...ids('cem')).pass(MINUTE);
    expect(fast.who('cem')).to.include({ clock_status: 'running', cycle_started_at: at(MINUTE) });
    const early = new Match({ sync_mode: 'per_cycle', concurrent: true, time_per_cycle_ms: MINUTE, participants: ids('ann') });
    expect(edit(early, 1, ...ids('ben')).who('ben')).to.not.have.property('sits_out');
  });

  it('JN-7 an edit that contradicts itself is refused as at create, by its field, and changes nothing', () => {
    const match = game();
    expect(faultsOf(match, ...ids('cem'))).to.equal('participants.0.total_time_ms: required');
    expect(faultsOf(match, ...banks('cem'), { participant_id: 'dan', total_time_ms: 5 })).to.equal(
      'participants.1.total_time_ms: out_of_range',
    );
    expect(faultsOf(match, { participant_id: 'cem', participant_index: 1, total_time_ms: MINUTE })).to.equal(
      'participants.0.participant_index: not_unique',
    );
    expect(faultsOf(match, ...banks('cem', 'cem'))).to.equal('participants.1.participant_id: not_unique');
    expect(faultsOf(match, { participant_id: 'cem', total_time_ms: MINUTE, time_factor: 2 })).to.equal(
      'participants.0.time_factor: unsupported',
    );
    expect(faultsOf(match, { participant_id: 'cem', total_time_ms: MINUTE, withdrawn: true })).to.equal(
      'participants.0.withdrawn: unsupported',
    );
    expect(faultsOf(match, { participant_id: 'ann', total_time_ms: MINUTE })).to.equal('participants.0.total_time_ms: unsupported');
    expect(faultsOf(match, { participant_id: 'ann', participant_index: 7 })).to.equal('participants.0.participant_index: unsupported');
    expect(faultsOf(game({ max_time_ms: MINUTE }), { participant_id: 'cem', total_time_ms: 2 * MINUTE })).to.equal(
      'participants.0.total_time_ms: too_big',
    );
    expect(faultsOf(hall(), { participant_id: 'cem', closes_at: at(0), total_time_ms: MINUTE })).to.equal(
      'participants.0.closes_at: too_small',
    );
    const byoyomi: TimeControl = { stages: [{ time_ms: MINUTE, byoyomi: { period_ms: SECOND, periods: 3 } }] };
    expect(faultsOf(game({ overrun_ms: SECOND }), { participant_id: 'cem', time_control: byoyomi })).to.equal(
      'participants.0.time_control: unsupported',
    );
    expect(match.state.version).to.equal(2);
  });

  it('JN-8 a session has a thousand participants at most, those who have withdrawn included', () => {
    const many = Array.from({ length: 999 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: MINUTE }));
    const match = edit(game(), SECOND, ...many.slice(2));
    expect(match.state.participants).to.have.lengthOf(999);
    edit(match, SECOND, ...banks('last'));
    expect(faultsOf(match, ...banks('more'))).to.equal('participants: too_big');
  });

  it('JN-9 an undo keeps whoever has joined since, and takes back turns of theirs', () => {
    const match = game({ undo_depth: 5 }).switch(10 * SECOND);
    edit(match, 20 * SECOND, ...banks('cem'))
      .switch(30 * SECOND)
      .switch(40 * SECOND);
    expect(match.state).to.include({ active_participant_id: 'ann', undo_available: 3 });
    match.play(45 * SECOND, { type: 'undo', turns: 3 });
    expect(match.state).to.include({ active_participant_id: 'ann', cycle_count: 0, undo_available: 0 });
    expect(match.who('cem')).to.include({ total_time_ms: MINUTE, cycle_count: 0, has_gone: false });
    expect(match.times).to.deep.equal({ ann: MINUTE, ben: MINUTE, cem: MINUTE });
    expect(match.turns(50 * SECOND, 2)).to.deep.equal(['ann', 'ben', 'cem']);
  });

  it('JN-10 an edit may name whoever joins by it in the items of a programme', () => {
    const match = lots({ items: [{ item_id: 'a', participant_id: 'ann' }] });
    match.play(SECOND, { type: 'edit', participants: ids('cem'), items: [{ item_id: 'a' }, { item_id: 'c', participant_id: 'cem' }] });
    expect(match.switch(2 * SECOND).state).to.include({ active_participant_id: 'cem', item_index: 1 });
  });
});

describe('changes that tell of participants who joined', () => {
  const follow = (before: SessionState, after: SessionState) => applyChanges(before, changesBetween(before, after));

  it('JN-11 changes lead to the state after every event, in its order and with its fields', () => {
    for (const concurrent of [false, true]) {
      const match = game({ concurrent, participants: banks('p0', 'p1') });
      edit(match, SECOND, ...banks('p2', 'p3'), { participant_id: 'p1', name: 'Ben' });
      edit(match, 2 * SECOND, { participant_id: 'p2', withdrawn: true }, ...banks('p4'));
      edit(match, 3 * SECOND, { participant_id: 'p2', withdrawn: false });
      const states = match.events.map(({ state }) => state);
      for (const [n, state] of states.entries()) expect(follow(states[n - 1] ?? state, state)).to.deep.equal(state);
    }
  });

  it('JN-11 merged changes add somebody without the fields that they have lost since', () => {
    const match = edit(quiz(), SECOND, ...ids('cem')).play(2 * SECOND, { type: 'switch' });
    const [before, joined, began] = match.events.slice(-3).map(({ state }) => state) as [SessionState, SessionState, SessionState];
    const cem = changesBetween(before, joined).participants?.at(-1);
    const later = changesBetween(joined, began);
    const participants = (later.participants ?? []).map((one) => (one.participant_id === 'cem' ? Object.assign({}, cem, one) : one));
    expect(participants.at(-1)).to.include({ participant_id: 'cem', participant_index: 2, sits_out: null });
    expect(applyChanges(before, { ...later, participants })).to.deep.equal(began);
  });
});

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
