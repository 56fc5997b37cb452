import { expect } from 'chai';
import fc from 'fast-check';
import { chargeOf, type Clock, endTurn, setUp, settle, untilFall } from '#clock';
import type { Stage, TimeControl } from '#contract';
import { randomControl } from './random-controls.ts';

const PLAIN = { increment_ms: 0, max_ms: null };
const oneStage = (stage: Stage): TimeControl => ({ stages: [stage] });
const suddenDeath = (time_ms: number) => oneStage({ time_ms });
const perMove = (delay_ms: number) => oneStage({ time_ms: 0, delay_ms });

/** A turn takes so many parts of a thousand of its limit: one in ten lasts to the limit or longer. */
const turns = fc.array(fc.integer({ min: 0, max: 1_100 }), { maxLength: 40, size: 'max' });
const size = fc.integer({ min: 1, max: 3_000 });

/** What is left until the flag at the beginning of each turn, and after the last one; 0 once the flag has fallen. */
function course(control: TimeControl, lengths: readonly number[], paused = 0): number[] {
  let clock: Clock = setUp(control);
  const lefts = [untilFall(clock) ?? 0];
  for (const part of lengths) {
    const limit = untilFall(clock) ?? 0;
    const used = Math.floor((limit * part) / 1_000);
    if (used >= limit) return [...lefts, 0];
    // Settled in between, as a pause does, the turn is the same.
    const first = Math.floor((used * paused) / 1_000);
    clock = endTurn(settle(settle(clock, first), used - first), PLAIN);
    lefts.push(untilFall(clock) ?? 0);
  }
  return lefts;
}

function equal(one: (a: number, b: number) => TimeControl, other: (a: number, b: number) => TimeControl): void {
  const property = fc.property(size, size, turns, (a, b, lengths) => {
    expect(course(one(a, b), lengths)).to.deep.equal(course(other(a, b), lengths));
  });
  fc.assert(property, { numRuns: 300 });
}

describe('time controls that are the same', () => {
  it('T-204 a simple delay is Bronstein with the delay on the clock', () => {
    equal(
      (bank, delay) => oneStage({ time_ms: bank, delay_ms: delay }),
      (bank, delay) => oneStage({ time_ms: bank + delay, delay_ms: delay, delay_type: 'bronstein' }),
    );
  });

  it('T-204 one period without main time equals a fixed time for each move', () => {
    equal(
      (period) => oneStage({ time_ms: 0, byoyomi: { period_ms: period, periods: 1 } }),
      (period) => perMove(period),
    );
  });

  it('T-204 a block for one turn is one period', () => {
    equal(
      (main, part) => oneStage({ time_ms: main, canadian: { block_ms: part, turns: 1 } }),
      (main, part) => oneStage({ time_ms: main, byoyomi: { period_ms: part, periods: 1 } }),
    );
  });

  it('T-204 an increment that fills the clock up to its ceiling equals a fixed time for each move', () => {
    equal(
      (time) => oneStage({ time_ms: time, increment_ms: time, max_time_ms: time }),
      (time) => perMove(time),
    );
  });

  it('T-204 an increment before each turn equals one after it with the first one given at the start', () => {
    equal(
      (time, increment) => oneStage({ time_ms: time, increment_ms: increment, increment_when: 'before' }),
      (time, increment) => oneStage({ time_ms: time + increment, increment_ms: increment }),
    );
  });

  it('T-204 a delay of 0 is sudden death, and stages that follow at zero are one stage', () => {
    equal(
      (time) => oneStage({ time_ms: time, delay_ms: 0 }),
      (time) => suddenDeath(time),
    );
    equal(
      (a, b) => ({ stages: [{ time_ms: a, at_zero: 'next' }, { time_ms: b }] }),
      (a, b) => suddenDeath(a + b),
    );
  });

  it('T-205 a pause and a resume in one instant change nothing, whatever the control', () => {
    // Where whole units are charged, a settlement may enter a stage that the charge alone does not reach.
    const property = fc.property(randomControl, turns, fc.integer({ min: 0, max: 1_000 }), (control, lengths, paused) => {
      expect(course(control, lengths, paused)).to.deep.equal(course(control, lengths));
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('T-206 a settlement takes exactly what passes, and the end of a turn charges at least 0 and never the last millisecond', () => {
    const property = fc.property(randomControl, turns, (control, lengths) => {
      let clock: Clock = setUp(control);
      for (const part of lengths) {
        const limit = untilFall(clock) ?? 0;
        const used = Math.floor((limit * part) / 1_000);
        if (used >= limit) return;
        const settled = settle(clock, used);
        expect(untilFall(settled)).to.equal(limit - used);
        if (settled.control !== undefined) expect(chargeOf(settled)).to.be.within(0, limit - 1);
        clock = endTurn(settled, PLAIN);
        expect(untilFall(clock)).to.be.at.least(1);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});
