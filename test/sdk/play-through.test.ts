import { expect } from 'chai';
import type { TimeControl } from '#contract';
import { playThrough, readClock } from '../../client-sdk/src/index.ts';
import vectors from '../fixtures/clocks-vectors.json' with { type: 'json' };

// JSON has no literal types.
const control = (told: unknown): TimeControl => JSON.parse(JSON.stringify(told)) as TimeControl;

describe('playing a time control through', () => {
  for (const { name, control: told, turns_ms, outcomes, after } of vectors.vectors) {
    it(`J-145 playThrough gives the clocks of a published example: ${name}`, () => {
      const turns = playThrough(control(told), turns_ms, { players: 1 });
      expect(turns.map(({ outcome }) => outcome)).to.deep.equal(outcomes);
      if (after === undefined) return;
      const last = turns[turns.length - 1];
      const [player] = last?.after.participants ?? [];
      expect(player).to.include({ total_time_ms: after.main_ms, time_remaining_ms: after.limit_ms });
      expect(player?.clock).to.include({ stage: after.stage, turns: after.turns });
    });
  }

  it('J-145 playThrough passes the turn on between players, and in an hourglass gives the other what one uses', () => {
    const { control: told, turns_ms, banks_ms, outcome_of_last } = vectors.hourglass;
    const turns = playThrough(control(told), turns_ms);
    expect(turns.map(({ after }) => after.participants.map(({ total_time_ms: ms }) => ms))).to.deep.equal(banks_ms);
    expect(turns.map(({ participant_id: id }) => id)).to.deep.equal(turns_ms.map((_, index) => `player-${(index % 2) + 1}`));
    expect(turns[turns.length - 1]?.outcome).to.equal(outcome_of_last);
  });

  it('J-145 a turn that is longer than its clock ends when the clock falls, and is the last one', () => {
    const turns = playThrough({ stages: [{ time_ms: 10_000 }] }, [4_000, 30_000, 1_000]);
    expect(turns.map(({ begins_at, ends_at, outcome }) => [begins_at, ends_at, outcome])).to.deep.equal([
      [0, 4_000, 'switch'],
      [4_000, 14_000, 'expiry'],
    ]);
    const { after } = turns[1] ?? {};
    expect(after).to.deep.include({ status: 'expired', deadline_at: null });
    expect(after?.participants.map(({ has_expired }) => has_expired)).to.deep.equal([false, true]);
    expect(after && readClock(after, { participant_id: 'player-2' }, 14_000)?.left_ms).to.equal(0);
  });

  it('J-145 a clock with overrun_ms goes on below zero, and falls at −overrun_ms', () => {
    const turns = playThrough({ stages: [{ time_ms: 10_000 }] }, [12_000, 1_000, 4_000], { overrun_ms: 5_000 });
    expect(turns.map(({ ends_at, outcome }) => [ends_at, outcome])).to.deep.equal([
      [12_000, 'switch'],
      [13_000, 'switch'],
      [16_000, 'expiry'],
    ]);
    const at = (index: number, ms: number) => turns[index] && readClock(turns[index].state, { participant_id: 'player-1' }, ms);
    expect(at(0, 11_000)).to.include({ phase: 'overrun', left_ms: -1_000, phase_left_ms: 4_000 });
    expect(at(2, 14_000)).to.include({ phase: 'overrun', left_ms: -3_000 });
  });

  it('J-145 each clock can be read at any instant of a turn', () => {
    const [turn] = playThrough({ stages: [{ time_ms: 10_000, delay_ms: 3_000 }] }, [8_000]);
    const at = (ms: number) => turn && readClock(turn.state, { participant_id: 'player-1' }, ms);
    expect(at(1_000)).to.include({ phase: 'delay', phase_left_ms: 2_000, left_ms: 10_000 });
    expect(at(5_000)).to.include({ phase: 'main', left_ms: 8_000 });
  });
});
