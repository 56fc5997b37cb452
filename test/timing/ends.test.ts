import { expect } from 'chai';
import { predictSwitch } from '#clock';
import type { CreatePayload, ParticipantEdit, ParticipantInput } from '#contract';
import { at, faultOf, Match, SECOND, unix } from './match.ts';
import { faults, inTeams, seats, VALID } from './payloads.ts';

const LOT = 30 * SECOND;
const lots = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: LOT, auto_advance: true, participants: seats('ann', 'bob'), ...change });
const ENDED = { cycle_started_at: null, deadline_at: null };

describe('a session with max_cycles', () => {
  for (const mode of ['per_cycle', 'per_participant', 'per_group', 'global', 'count_up'] as const) {
    it(`LT-20 in ${mode} the switch that ends the last cycle completes the session, as the client predicts`, () => {
      const match = Match.started({ sync_mode: mode, ...VALID[mode], participants: participantsOf(mode), max_cycles: 3 });
      match.switch(1_000).switch(2_000);
      expect(match.state).to.include({ status: 'running', cycle_count: 2 });
      const predicted = predictSwitch(match.state, unix(3_000));
      const last = match.state.active_participant_id;
      match.switch(3_000);
      expect(predicted).to.deep.equal({ ...match.state, version: match.state.version - 1 });
      expect(match.last).to.include({ event_type: 'cycle_switched', time_elapsed_ms: 1_000, participant_id: last });
      expect(match.state).to.include({ status: 'completed', cycle_count: 3, session_completed_at: at(3_000), ...ENDED });
      expect(match.state.active_participant_id, 'who had the last turn').to.equal(last);
      expect(match.state.participants.every(({ is_active }) => !is_active)).to.equal(true);
      expect(match.refusal(3_001, { type: 'switch' }).code).to.equal('INVALID_STATE_TRANSITION');
    });
  }

  it('LT-20 a session whose last cycle runs out is expired, and an undo gives a cycle back', () => {
    const match = lots({ max_cycles: 2, undo_depth: 2 }).switch(1_000).play(2_000, { type: 'undo' });
    expect(match.state).to.include({ status: 'running', cycle_count: 0 });
    expect(match.pass(10 * LOT).state).to.include({ status: 'expired', cycle_count: 2, ...ENDED });
    expect(match.expiries).to.have.lengthOf(2);
  });

  it('LT-20 the last turn earns its increment, whoever would have followed', () => {
    for (const next of [undefined, 'ann', 'bob']) {
      const match = Match.started({
        sync_mode: 'per_group',
        participants: inTeams({ total_time_ms: 60_000 }),
        increment_ms: 5_000,
        max_cycles: 1,
      });
      expect(match.switch(1_000, next).banks).to.deep.equal({ red: 64_000, blue: 60_000 });
    }
  });

  it('LT-20 the last switch names nobody who is not there, and max_cycles stays in the state', () => {
    const match = lots({ max_cycles: 1 });
    expect(match.refusal(1_000, { type: 'switch', next_participant_id: 'eve' }).code).to.equal('PARTICIPANT_NOT_FOUND');
    expect(match.switch(1_000, 'bob').state).to.include({ status: 'completed', max_cycles: 1 });
    expect(lots().state).not.to.have.any.keys('max_cycles', 'outcome');
  });

  it('LT-21 in a concurrent quiz the last cycle completes the session, by a switch, by the last answer or by the time', () => {
    const quiz = () => lots({ concurrent: true, auto_advance: false, max_cycles: 2 }).switch(1_000);
    expect(quiz().switch(2_000).state).to.include({ status: 'completed', cycle_count: 2, session_completed_at: at(2_000) });
    expect(quiz().pass(100_000).state).to.include({ status: 'completed', cycle_count: 2, session_completed_at: at(31_000) });
    const answered = quiz().play(2_000, { type: 'finish', participant_id: 'ann' }).play(3_000, { type: 'finish', participant_id: 'bob' });
    expect(answered.state).to.include({ status: 'completed', cycle_count: 2, session_completed_at: at(3_000) });
    expect(faults('per_participant', { concurrent: true, max_cycles: 2 })).to.deep.equal(['max_cycles: unsupported']);
    expect(faults('per_cycle', { items: [{}, {}], max_cycles: 2 })).to.deep.equal(['max_cycles: unsupported']);
  });
});

describe('the outcome of a session', () => {
  it('LT-22 the outcome is what complete says, from any status that can be completed, also once the session has expired', () => {
    const outcome = { winner: 'ann', price: [120, null] };
    const sold = lots().play(1_000, { type: 'complete', outcome });
    expect(sold.state).to.deep.include({ status: 'completed', outcome });
    const expired = lots({ auto_advance: false }).play(LOT + 5_000, { type: 'complete', outcome: 'unsold' });
    expect(expired.state).to.include({ status: 'completed', outcome: 'unsold', session_completed_at: at(LOT) });
    const quiz = lots({ concurrent: true }).play(1_000, { type: 'complete', outcome: 0 });
    expect(quiz.state).to.include({ status: 'completed', outcome: 0 });
    expect(lots().play(1_000, { type: 'complete' }).state).not.to.have.property('outcome');
  });
});

describe('names and metadata of participants', () => {
  it('LT-23 names and metadata of participants stand in the state where they were given, and stay through every event', () => {
    const named = { participant_id: 'ann', name: 'Ann 🏆', metadata: { club: 'North', seats: [1] } };
    const match = lots({ participants: [named, { participant_id: 'bob' }] }).switch(1_000);
    expect(match.who('ann')).to.deep.include({ name: 'Ann 🏆', metadata: { club: 'North', seats: [1] } });
    expect(match.who('bob')).not.to.have.any.keys('name', 'metadata');
    const timedOne = Match.started({
      sync_mode: 'per_participant',
      participants: [{ participant_id: 'ann', total_time_ms: 60_000, name: 'Ann' }],
    });
    expect(timedOne.pass(60_000).who('ann')).to.include({ name: 'Ann', has_expired: true });
  });

  it('LT-24 all names and metadata of one session come to 512 KiB at most', () => {
    const bytes = 'Ångström'.length + 2;
    const fits = Math.floor((512 * 1024) / (1_000 + bytes));
    expect(faults('per_cycle', { participants: people(fits, 1_000) })).to.deep.equal([]);
    expect(faults('per_cycle', { participants: people(fits + 1, 1_000) })).to.deep.equal(['participants: too_big']);
    const rest = 512 * 1024 - fits * (1_000 + bytes);
    const metadata = { text: 'x'.repeat(rest - 11) };
    expect(faults('per_cycle', { participants: people(fits, 1_000), metadata })).to.deep.equal([]);
    expect(faults('per_cycle', { participants: people(fits, 1_000), metadata: { text: `${metadata.text}x` } })).to.deep.equal([
      'participants: too_big',
    ]);
  });

  it('LT-24 an answer that would bring the texts of a session over 512 KiB is refused and changes nothing', () => {
    const answer = 'x'.repeat(1_000);
    const names = Math.floor((512 * 1024 - 2 * 1_002) / 1_009);
    const participants = Array.from({ length: names + 3 }, (_, n) => ({
      participant_id: `p-${n}`,
      ...(n < names ? { metadata: { a: 'x'.repeat(1_001) } } : {}),
    }));
    const quiz = lots({ concurrent: true, auto_advance: false, participants });
    const finish = (n: number) => ({ type: 'finish', participant_id: `p-${n}`, answer }) as const;
    quiz.play(1_000, finish(0)).play(1_000, finish(1));
    expect(faultOf(quiz.refusal(1_000, finish(2)))).to.equal('answer: too_big');
    expect(quiz.play(1_000, { ...finish(2), answer: 'b' }).who('p-2')).to.include({ clock_status: 'finished', answer: 'b' });
  });
});

describe('editing names and metadata of participants', () => {
  const quiz = (change: Partial<CreatePayload> = {}) =>
    lots({
      participants: [{ participant_id: 'ann', name: 'Ann', metadata: { club: 'North', seat: 1 } }, { participant_id: 'bob' }],
      ...change,
    });

  it('LT-26 an edit changes what it names, merges metadata by its top keys, and leaves clocks and turns alone', () => {
    const match = quiz({ undo_depth: 2 }).switch(1_000);
    const participants = [
      { participant_id: 'bob', name: 'Bob' },
      { participant_id: 'ann', metadata: { seat: null, team: { id: 7 } } },
    ];
    match.play(2_000, { type: 'edit', participants });
    expect(match.last).to.deep.include({ event_type: 'session_edited', metadata: { participants }, time_elapsed_ms: 1_000 });
    expect(match.who('ann')).to.deep.include({ name: 'Ann', metadata: { club: 'North', team: { id: 7 } } });
    expect(match.who('bob')).to.include({ name: 'Bob', is_active: true, time_used_ms: 1_000 }).and.not.have.property('metadata');
    expect(match.state).to.include({ version: 4, deadline_at: at(31_000) });
    expect(match.play(3_000, { type: 'undo' }).who('bob')).to.include({ name: 'Bob', is_active: false });
    const hall = quiz({ concurrent: true }).play(1_000, { type: 'edit', participants });
    expect(hall.who('bob')).to.include({ name: 'Bob', clock_status: 'running' });
  });

  it('LT-26 an edit of one participant twice, or above a limit, is refused', () => {
    const faultsOf = (participants: ParticipantEdit[], match = quiz()) => faultOf(match.refusal(1_000, { type: 'edit', participants }));
    expect(faultsOf([{ participant_id: 'ann' }, { participant_id: 'ann' }])).to.equal('participants.1.participant_id: not_unique');
    const text = 'x'.repeat(2_030);
    expect(faultsOf([{ participant_id: 'ann', metadata: { text } }])).to.equal('participants.0.metadata: too_big');
    const crowd = lots({ participants: people(300, 1_000) });
    const more = crowd.state.participants.map(({ participant_id }) => ({ participant_id, metadata: { more: 'x'.repeat(900) } }));
    expect(faultsOf(more, crowd)).to.equal('participants: too_big');
  });
});

/** So many participants with a name, and with metadata of so many bytes each. */
function people(count: number, bytes: number): ParticipantInput[] {
  return Array.from({ length: count }, (_, n) => ({
    participant_id: `p${n}`,
    name: 'Ångström',
    metadata: { text: 'x'.repeat(bytes - 11) },
  }));
}

function participantsOf(mode: 'per_cycle' | 'per_participant' | 'per_group' | 'global' | 'count_up'): ParticipantInput[] {
  return VALID[mode].participants ?? seats('ann', 'bob');
}
