import { expect } from 'chai';
import type { ParticipantState, TimeControl } from '#contract';
import vectors from '../fixtures/clocks-vectors.json' with { type: 'json' };
import { checkReplay } from './laws.ts';
import { at, Match } from './match.ts';

const players = (...names: string[]) => names.map((participant_id) => ({ participant_id }));
// JSON has no literal types.
const control = (told: unknown): TimeControl => JSON.parse(JSON.stringify(told)) as TimeControl;

const shown = ({ total_time_ms, time_remaining_ms, clock }: ParticipantState) => ({
  stage: clock?.stage,
  main_ms: total_time_ms,
  turns: clock?.turns,
  periods_left: clock?.periods_left ?? 0,
  block_left_ms: clock?.block_left_ms ?? 0,
  block_turns_left: clock?.block_turns_left ?? 0,
  limit_ms: time_remaining_ms,
});

describe('time controls as others define them', () => {
  for (const vector of vectors.vectors) {
    it(`T-200 ${vector.name} (${vector.source})`, () => {
      const match = Match.started({ sync_mode: 'per_participant', time_control: control(vector.control), participants: players('ann') });
      expect(match.state.deadline_at).to.equal(at(vector.first_limit_ms));
      let now = 0;
      const outcomes = vector.turns_ms.map((ms) => {
        now += ms;
        match.pass(now);
        if (match.state.status === 'expired') return 'expiry';
        match.switch(now);
        return 'switch';
      });
      expect(outcomes).to.deep.equal(vector.outcomes);
      if (vector.after !== undefined) expect(shown(match.who('ann'))).to.deep.equal(vector.after);
    });
  }

  it('T-233 a game of 40/2h:20/1h:15+30 goes through all its stages to its flag, and its trail gives every state again', () => {
    const told = vectors.vectors.find(({ name }) => name === '40/2h:20/1h:15+30');
    if (told?.after === undefined) throw new Error('no such vector');
    const time_control = control(told.control);
    const match = Match.started({ sync_mode: 'per_participant', time_control, participants: players('ann', 'bob') });
    const [turn] = told.turns_ms;
    if (turn === undefined) throw new Error('no turns');
    let now = 0;
    const bothPlay = (turns: number) => {
      for (let n = 0; n < 2 * turns; n += 1) match.switch((now += turn));
      return ['ann', 'bob'].map((id) => shown(match.who(id)));
    };
    const stands = (turns: number, stage: number, main_ms: number) => ({ ...told.after, turns, stage, main_ms, limit_ms: main_ms });
    expect(bothPlay(39)).to.deep.equal([stands(39, 0, 3_300_000), stands(39, 0, 3_300_000)]);
    expect(bothPlay(1)).to.deep.equal([told.after, told.after]);
    expect(bothPlay(20)).to.deep.equal([stands(60, 2, 5_700_000), stands(60, 2, 5_700_000)]);
    expect(bothPlay(1)).to.deep.equal([stands(61, 2, 5_630_000), stands(61, 2, 5_630_000)]);
    // The increment gives 30 of the 100 s back; the 141st turn is as long as all that is left.
    expect(bothPlay(79)).to.deep.equal([stands(140, 2, turn), stands(140, 2, turn)]);
    match.pass(now + turn);
    expect(match.last).to.deep.include({ event_type: 'participant_expired', participant_id: 'ann', time_elapsed_ms: turn });
    expect(shown(match.who('ann'))).to.deep.equal(stands(140, 2, 0));
    checkReplay(match.events);
  });

  it(`T-201 ${vectors.hourglass.name} (${vectors.hourglass.source})`, () => {
    const { control: told, turns_ms, banks_ms } = vectors.hourglass;
    const match = Match.started({ sync_mode: 'per_participant', time_control: control(told), participants: players('ann', 'bob') });
    let now = 0;
    for (const [index, ms] of turns_ms.entries()) {
      now += ms;
      match.pass(now);
      if (match.state.status === 'running') match.switch(now);
      const banks = match.state.participants.map(({ total_time_ms }) => total_time_ms);
      expect(banks, `turn ${index}`).to.deep.equal(banks_ms[index]);
    }
    expect(match.last.event_type).to.equal('participant_expired');
  });

  it(`T-201 ${vectors.hourglass_of_four.name}`, () => {
    const { control: told, settlements_ms_of_the_first: settlements, banks_ms_after_each: banks_ms } = vectors.hourglass_of_four;
    const match = Match.started({
      sync_mode: 'per_participant',
      time_control: control(told),
      participants: players('ann', 'bob', 'cem', 'dua'),
    });
    let now = 0;
    for (const [index, ms] of settlements.entries()) {
      now += ms;
      match.play(now, { type: 'pause' });
      expect(
        match.state.participants.map(({ total_time_ms }) => total_time_ms),
        `settlement ${index}`,
      ).to.deep.equal(banks_ms[index]);
      match.play(now, { type: 'resume' });
    }
  });
});
