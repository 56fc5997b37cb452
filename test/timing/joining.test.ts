import { expect } from 'chai';
import { applyChanges } from '#clock';
import type { SessionState, TimeControl } from '#contract';
import { changesBetween } from '../../server/domain/changes.ts';
import { ids, banks, game, lots, hall, quiz, edit, faultsOf, clocks } from './editable.ts';
import { at, Match, MINUTE, SECOND } from './match.ts';

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

  it('HC-10 an edit of a concurrent session charges nobody and says so', () => {
    const match = edit(hall(), 10 * SECOND, { participant_id: 'ann', name: 'Ann' });
    expect(match.last).to.deep.include({ event_type: 'session_edited', participant_id: null, time_elapsed_ms: 0, time_remaining_ms: null });
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
