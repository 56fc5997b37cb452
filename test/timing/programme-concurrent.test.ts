import { expect } from 'chai';
import { readProgramme } from '#clock';
import type { CreatePayload } from '#contract';
import { create } from '../../server/domain/create.ts';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, SECOND, unix } from './match.ts';

/** Three questions of different length for two people at once; Ben has half as much again. */
const quiz = (change: Partial<CreatePayload> = {}): CreatePayload => ({
  sync_mode: 'per_cycle',
  concurrent: true,
  participants: [{ participant_id: 'ann' }, { participant_id: 'ben', time_factor: 1.5 }],
  items: [
    { item_id: 'q1', time_ms: 20 * SECOND },
    { item_id: 'q2', time_ms: 40 * SECOND },
    { item_id: 'q3', time_ms: 10 * SECOND },
  ],
  ...change,
});
const begun = (change: Partial<CreatePayload> = {}) => Match.started(quiz(change));
const marks = ({ state }: Match) => (state.items ?? []).map(({ status, used_ms }) => `${status} ${used_ms / SECOND}`).join(', ');
const given = ({ state }: Match) => state.participants.map((one) => (one.given_ms ?? 0) / SECOND);

describe('a programme with clocks that run at once', () => {
  it('PG-23 a concurrent programme gives everybody the time of each item, by their factor, and an item has run as long as the longest clock', () => {
    expect(given(new Match(quiz()))).to.deep.equal([20, 30]);
    const match = begun();
    expect(match.state).to.include({ item_index: 0, deadline_at: at(20 * SECOND), active_participant_id: null });
    match.play(5 * SECOND, { type: 'finish', participant_id: 'ann' }).play(8 * SECOND, { type: 'switch', cycle_count: 0 });
    expect(given(match)).to.deep.equal([40, 60]);
    expect(marks(match)).to.equal('done 8, running 0, waiting 0');
    expect(match.state).to.include({ item_index: 1, cycle_count: 1, deadline_at: at(48 * SECOND) });
    checkReplay(match.events);
  });

  it('PG-23 a concurrent programme waits for the host when all clocks of an item have ended, and goes on by itself where the item says so', () => {
    const match = begun().pass(60 * SECOND);
    expect(match.state).to.include({ status: 'running', item_index: 0, deadline_at: null });
    const programme = readProgramme(match.state, unix(70 * SECOND));
    expect(programme).to.include({ ends_at: at(120 * SECOND), behind_ms: 50 * SECOND });
    expect(marks(match.switch(70 * SECOND))).to.equal('done 30, running 0, waiting 0');
    const goesOn = begun({ items: [{ time_ms: 20 * SECOND, auto_advance: true }, { time_ms: 10 * SECOND }] });
    goesOn.play(5 * SECOND, { type: 'finish', participant_id: 'ann' }).play(7 * SECOND, { type: 'finish', participant_id: 'ben' });
    expect(goesOn.state).to.include({ item_index: 1, cycle_count: 1, version: 4, deadline_at: at(17 * SECOND) });
    checkReplay(goesOn.pass(60 * SECOND).events);
  });

  it('PG-23 a concurrent programme is completed after the last item, however it ended, and by the last answer without anybody', () => {
    const ran = begun({ auto_advance: true }).pass(600 * SECOND);
    expect(ran.state).to.include({ status: 'completed', session_completed_at: at(105 * SECOND), cycle_count: 3 });
    expect(marks(ran)).to.equal('done 30, done 60, done 15');
    const answered = begun().play(SECOND, { type: 'switch', next_item_id: 'q3' });
    expect(marks(answered)).to.equal('done 1, skipped 0, running 0');
    for (const participant_id of ['ann', 'ben']) answered.play(3 * SECOND, { type: 'finish', participant_id });
    expect(answered.state).to.include({ status: 'completed', session_completed_at: at(3 * SECOND) });
    expect(marks(answered)).to.equal('done 1, skipped 0, done 2');
    for (const match of [ran, answered]) checkReplay(match.events);
  });

  it('PG-23 a concurrent programme jumps back, goes through rounds, and ends its item when it is completed or a timeout ends all', () => {
    const match = begun({ rounds: 2 })
      .switch(SECOND)
      .play(3 * SECOND, { type: 'switch', next_item_id: 'q1' });
    expect(marks(match)).to.equal('running 1, waiting 2, waiting 0');
    match
      .switch(4 * SECOND)
      .switch(5 * SECOND)
      .switch(6 * SECOND);
    expect(match.state).to.include({ round: 2, item_index: 0, status: 'running' });
    expect(marks(match.play(7 * SECOND, { type: 'complete' }))).to.equal('done 3, waiting 3, waiting 1');
    const ended = begun({ action_on_timeout: { type: 'end_session' } }).pass(60 * SECOND);
    expect(ended.state).to.include({ status: 'expired', item_index: 0 });
    expect(marks(ended)).to.equal('done 20, waiting 0, waiting 0');
    for (const played of [match, ended]) checkReplay(played.events);
  });

  it('PG-23 a concurrent programme begins with the first clock that is started, and an edit before that gives all clocks other times', () => {
    const match = new Match(quiz()).play(0, { type: 'adjust', participant_id: 'ann', delta_ms: SECOND });
    match.play(1, { type: 'edit', items: [{ item_id: 'x', time_ms: 40 * SECOND }] });
    expect(given(match)).to.deep.equal([41, 60]);
    match.play(SECOND, { type: 'start', participant_id: 'ben' });
    expect(match.state).to.include({ status: 'running', item_index: 0, deadline_at: at(61 * SECOND) });
    match.play(2 * SECOND, { type: 'start' }).play(3 * SECOND, { type: 'edit', items: [{ item_id: 'x' }, { time_ms: SECOND }] });
    expect(marks(match)).to.equal('running 0, waiting 0');
    expect(match.state.deadline_at).to.equal(at(43 * SECOND));
    checkReplay(match.switch(4 * SECOND).events);
  });

  it('T-240 an item has run as long as the longest clock that ran in it, not as long as that of somebody who was closed before', () => {
    const participants = [{ participant_id: 'ann', closes_at: at(10 * SECOND) }, { participant_id: 'ben' }];
    const match = begun({ participants })
      .switch(12 * SECOND)
      .switch(15 * SECOND);
    expect(marks(match)).to.equal('done 12, done 3, running 0');
    // The closing ends the cycle, and the next one begins at the same instant.
    const closed = begun({ participants, auto_advance: true });
    closed.play(9 * SECOND, { type: 'finish', participant_id: 'ben' }).pass(10 * SECOND);
    expect(closed.state).to.include({ item_index: 1, cycle_count: 1 });
    expect(marks(closed.switch(11 * SECOND))).to.equal('done 10, done 1, running 0');
    for (const played of [match, closed]) checkReplay(played.events);
  });

  it('T-241 an edit before the start gives no time to a clock that has been closed', () => {
    const participants = [{ participant_id: 'ann', closes_at: at(SECOND) }, { participant_id: 'ben' }];
    const match = new Match(quiz({ participants })).pass(SECOND);
    match.play(2 * SECOND, { type: 'edit', items: [{ item_id: 'x', time_ms: 40 * SECOND }] });
    expect(given(match)).to.deep.equal([20, 40]);
    checkReplay(match.events);
  });

  it('PG-23 items of a concurrent programme name nobody, since nobody has the turn', () => {
    const refusal = create({ ...quiz({ items: [{ time_ms: SECOND, participant_id: 'ann' }] }), session_id: 'refused' }, 0);
    if (refusal.ok) throw new Error('was created');
    expect(faultOf(refusal)).to.equal('items.0.participant_id: unsupported');
    const match = begun();
    expect(faultOf(match.refusal(1, { type: 'switch', next_item_id: 'q9' }))).to.equal('next_item_id: not_found');
    expect(faultOf(match.refusal(1, { type: 'switch', next_participant_id: 'ann' }))).to.equal('next_participant_id: unsupported');
  });
});
