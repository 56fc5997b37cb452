import { expect } from 'chai';
import fc from 'fast-check';
import type { SyncMode } from '#contract';
import { crossed, thresholdsAhead, thresholdsLifted } from '../../server/domain/warnings.ts';
import { Match, SECOND, unix } from './match.ts';

const THRESHOLDS = [10 * SECOND, 5 * SECOND, SECOND];
const quiz = (time_per_cycle_ms: number, warning_thresholds_ms?: number[]) =>
  Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms, warning_thresholds_ms });

describe('which warnings lie ahead', () => {
  for (const [left, ahead] of [
    [30 * SECOND, THRESHOLDS],
    [10 * SECOND + 1, THRESHOLDS],
    [10 * SECOND, [5 * SECOND, SECOND]],
    [5 * SECOND + 1, [5 * SECOND, SECOND]],
    [SECOND + 1, [SECOND]],
    [SECOND, []],
  ] as const) {
    it(`T-90 a clock that starts with ${left} ms arms the thresholds ${ahead.join(', ') || '(none)'}`, () => {
      expect(thresholdsAhead(quiz(left).state)).to.deep.equal(ahead);
    });
  }

  it('T-90 no threshold is armed before the start, in a pause, after the end, or where nothing can run out', () => {
    const match = new Match({ sync_mode: 'per_cycle', time_per_cycle_ms: 30 * SECOND });
    expect(thresholdsAhead(match.state)).to.deep.equal([]);
    expect(thresholdsAhead(match.play(0, { type: 'start' }).play(1, { type: 'pause' }).state)).to.deep.equal([]);
    expect(thresholdsAhead(match.play(2, { type: 'complete' }).state)).to.deep.equal([]);
    expect(thresholdsAhead(Match.started({ sync_mode: 'count_up' }).state)).to.deep.equal([]);
  });

  it('T-90 a clock that is resumed arms only the thresholds below what is left on it', () => {
    const match = quiz(30 * SECOND)
      .play(22 * SECOND, { type: 'pause' })
      .play(60 * SECOND, { type: 'resume' });
    expect(thresholdsAhead(match.state)).to.deep.equal([5 * SECOND, SECOND]);
  });

  for (const [delta, lifted] of [
    [60 * SECOND, [10 * SECOND]],
    [2 * SECOND + 1, [10 * SECOND]],
    [2 * SECOND, []],
    [0, []],
    [-4 * SECOND, []],
  ] as const) {
    it(`T-91 an adjustment of ${delta} ms lifts a clock of 8 s above the thresholds ${lifted.join(', ') || '(none)'}`, () => {
      const { state: before } = quiz(30 * SECOND).pass(22 * SECOND);
      const after = quiz(30 * SECOND).play(22 * SECOND, { type: 'adjust', delta_ms: delta }).state;
      expect(thresholdsLifted(before, after)).to.deep.equal(lifted);
    });
  }

  it('T-91 any positive adjustment lifts a clock that is exactly at a threshold above it', () => {
    const after = quiz(30 * SECOND).play(20 * SECOND, { type: 'adjust', delta_ms: 1 }).state;
    expect(thresholdsLifted(quiz(30 * SECOND).state, after)).to.deep.equal([10 * SECOND]);
  });

  it('T-91 an adjustment arms nothing where nothing can run out', () => {
    const watch = Match.started({ sync_mode: 'count_up' });
    expect(thresholdsLifted(watch.state, watch.switch(SECOND).state)).to.deep.equal([]);
  });

  it('T-90 every cycle arms its thresholds anew', () => {
    const match = quiz(12 * SECOND).switch(11_500);
    expect(thresholdsAhead(match.state)).to.deep.equal(THRESHOLDS);
  });

  it('T-90 the armed thresholds are those of the session, in the order given', () => {
    expect(thresholdsAhead(quiz(30 * SECOND, [500, 20 * SECOND]).state)).to.deep.equal([500, 20 * SECOND]);
    expect(thresholdsAhead(quiz(30 * SECOND, []).state)).to.deep.equal([]);
  });
});

describe('which warnings are due', () => {
  for (const [ms, due] of [
    [19_999, []],
    [20_000, [10 * SECOND]],
    [20_001, [10 * SECOND]],
    [25_000, [10 * SECOND, 5 * SECOND]],
    [31_000, THRESHOLDS],
  ] as const) {
    it(`T-92 ${ms} ms after a clock of 30 s was started the warnings ${due.join(', ') || '(none)'} are due`, () => {
      expect(crossed(quiz(30 * SECOND).state, [SECOND, 10 * SECOND, 5 * SECOND], unix(ms))).to.deep.equal(due);
    });
  }

  it('T-92 no warning is due for a threshold that is not armed, nor while the clock stands still', () => {
    const match = quiz(30 * SECOND);
    expect(crossed(match.state, [SECOND], unix(26_000))).to.deep.equal([]);
    expect(crossed(match.play(1, { type: 'pause' }).state, THRESHOLDS, unix(40_000))).to.deep.equal([]);
  });

  const modes = fc.constantFrom<SyncMode[]>('per_cycle', 'global');
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 30 }),
    delta: fc.integer({ min: -20, max: 20 }),
    type: fc.constantFrom('pause' as const, 'resume' as const, 'adjust' as const, 'switch' as const),
  });
  const thresholds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 6 });

  it('T-92 a warning is due from the millisecond on in which the running clock is at its threshold', () => {
    fc.assert(
      fc.property(modes, thresholds, fc.array(step, { maxLength: 25 }), (sync_mode, warning_thresholds_ms, moves) => {
        const match = Match.started({ sync_mode, time_per_cycle_ms: 50, warning_thresholds_ms });
        const left = (ms: number) => Number(match.left(ms));
        // The rules: what is armed; beside them what a child would remember: which thresholds the clock has been above.
        let armed = thresholdsAhead(match.state);
        let above = warning_thresholds_ms.filter((threshold) => left(0) > threshold);
        let now = 0;
        for (const { wait, delta, type } of moves) {
          for (const until = now + wait; now < until && match.state.status === 'running';) {
            now += 1;
            const due = crossed(match.state, armed, unix(now));
            expect(due).to.have.members(above.filter((threshold) => threshold >= left(now)));
            armed = armed.filter((threshold) => !due.includes(threshold));
            above = above.filter((threshold) => threshold < left(now));
            match.pass(now);
          }
          const { state: before } = match;
          if (before.status === 'expired') return;
          if (before.status !== (type === 'resume' ? 'paused' : 'running') || (type === 'adjust' && left(now) + delta < 1)) continue;
          match.play(now, type === 'adjust' ? { type, delta_ms: delta } : { type });
          const sameClock = type === 'adjust' || (type === 'switch' && sync_mode === 'global');
          const kept = sameClock ? armed : [];
          armed = [...new Set([...kept, ...(sameClock ? thresholdsLifted(before, match.state) : thresholdsAhead(match.state))])];
          const runs = match.state.status === 'running';
          above = warning_thresholds_ms.filter((threshold) => (runs && left(now) > threshold) || (sameClock && above.includes(threshold)));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
