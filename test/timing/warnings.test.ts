import { expect } from 'chai';
import fc from 'fast-check';
import type { SyncMode } from '#contract';
import { crossed, thresholdsAhead } from '../../server/domain/warnings.ts';
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
    it(`T-90 a clock that starts with ${left} ms will warn at ${ahead.join(', ') || 'nothing'}`, () => {
      expect(thresholdsAhead(quiz(left).state)).to.deep.equal(ahead);
    });
  }

  it('T-90 none before the start, in a pause, after the end, or where nothing can run out', () => {
    const match = new Match({ sync_mode: 'per_cycle', time_per_cycle_ms: 30 * SECOND });
    expect(thresholdsAhead(match.state)).to.deep.equal([]);
    expect(thresholdsAhead(match.play(0, { type: 'start' }).play(1, { type: 'pause' }).state)).to.deep.equal([]);
    expect(thresholdsAhead(match.play(2, { type: 'complete' }).state)).to.deep.equal([]);
    expect(thresholdsAhead(Match.started({ sync_mode: 'count_up' }).state)).to.deep.equal([]);
  });

  it('T-90 a clock that is resumed skips what it has had', () => {
    const match = quiz(30 * SECOND)
      .play(22 * SECOND, { type: 'pause' })
      .play(60 * SECOND, { type: 'resume' });
    expect(thresholdsAhead(match.state)).to.deep.equal([5 * SECOND, SECOND]);
  });

  it('T-91 an adjustment that lifts the clock above a threshold arms it again', () => {
    const match = quiz(30 * SECOND).play(22 * SECOND, { type: 'adjust', delta_ms: 3 * SECOND });
    expect(thresholdsAhead(match.state)).to.deep.equal(THRESHOLDS);
  });

  it('T-91 an adjustment that lifts it no higher than the threshold doesn’t', () => {
    const match = quiz(30 * SECOND).play(22 * SECOND, { type: 'adjust', delta_ms: 2 * SECOND });
    expect(thresholdsAhead(match.state)).to.deep.equal([5 * SECOND, SECOND]);
  });

  it('T-90 every cycle begins anew', () => {
    const match = quiz(12 * SECOND).switch(11_500);
    expect(thresholdsAhead(match.state)).to.deep.equal(THRESHOLDS);
  });

  it('T-90 the thresholds are the session’s own, in the order given', () => {
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
    it(`T-92 ${ms} ms into a clock of 30 s: ${due.join(', ') || 'none'}`, () => {
      expect(crossed(quiz(30 * SECOND).state, [SECOND, 10 * SECOND, 5 * SECOND], unix(ms))).to.deep.equal(due);
    });
  }

  it('T-92 none that isn’t armed, and none while the clock stands still', () => {
    const match = quiz(30 * SECOND);
    expect(crossed(match.state, [SECOND], unix(26_000))).to.deep.equal([]);
    expect(crossed(match.play(1, { type: 'pause' }).state, THRESHOLDS, unix(40_000))).to.deep.equal([]);
  });

  const modes = fc.constantFrom<SyncMode[]>('per_cycle', 'global');
  const steps = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 30 }),
      delta: fc.integer({ min: -10, max: 20 }),
      type: fc.constantFrom('pause', 'resume', 'adjust', 'switch'),
    }),
    {
      maxLength: 15,
    },
  );
  const thresholds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 6 });
  it('T-92 each threshold is warned of in the millisecond in which the running clock comes down to it', () => {
    fc.assert(
      fc.property(modes, thresholds, steps, (sync_mode, warning_thresholds_ms, moves) => {
        const match = Match.started({ sync_mode, time_per_cycle_ms: 50, warning_thresholds_ms });
        let armed = thresholdsAhead(match.state);
        let now = 0;
        for (const { wait, delta, type } of moves) {
          for (const until = now + wait; now < until && match.state.status === 'running'; now++) {
            const left = Number(match.left(now + 1));
            const due = crossed(match.state, armed, unix(now + 1));
            expect(due).to.deep.equal(warning_thresholds_ms.filter((threshold) => threshold === left && left < Number(match.left(now))));
            armed = armed.filter((threshold) => !due.includes(threshold));
            match.pass(now + 1);
          }
          const { status } = match.state;
          if (status === 'expired') return;
          const allowed = type === 'resume' ? status === 'paused' : status === 'running';
          const left = Number(match.left(now));
          if (!allowed || (type === 'adjust' && left + delta < 1)) continue;
          match.play(now, type === 'adjust' ? { type, delta_ms: delta } : { type });
          if (!(type === 'switch' && sync_mode === 'global')) armed = thresholdsAhead(match.state);
        }
      }),
      { numRuns: 500 },
    );
  });
});
