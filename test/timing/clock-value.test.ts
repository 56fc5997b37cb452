import { expect } from 'chai';
import { adjust, type Clock, countdown, endTurn, isEmpty, read, setUp, settle, untilFall } from '#clock';

const delayed: Clock = setUp({ stages: [{ time_ms: 10_000, delay_ms: 2_000 }] });
const periods: Clock = setUp({ stages: [{ time_ms: 10_000, byoyomi: { period_ms: 3_000, periods: 2 } }] });
const block: Clock = setUp({ stages: [{ time_ms: 10_000, canadian: { block_ms: 3_000, turns: 5 } }] });
const stages: Clock = setUp({ stages: [{ time_ms: 10_000, turns: 40 }, { time_ms: 5_000, at_zero: 'next' }, { time_ms: 1_000 }] });
const overrun: Clock = countdown(1_000, 5_000);

const falling = { rate: -1, stage: 0 };
const standing = { rate: 0, stage: 0 };

describe('a clock as a value', () => {
  it('T-150 a running clock stands while its delay passes, falls after it, and stands where it fell', () => {
    const delay = { ...standing, left_ms: 10_000, phase: 'delay' };
    expect(read(delayed, 0)).to.deep.equal({ ...delay, remaining_ms: 12_000, phase_left_ms: 2_000, next_change_in_ms: 2_000 });
    expect(read(delayed, 1_999)).to.deep.equal({ ...delay, remaining_ms: 10_001, phase_left_ms: 1, next_change_in_ms: 1 });
    const main = { phase: 'main', ...falling };
    const fresh = { left_ms: 10_000, remaining_ms: 10_000, phase_left_ms: 10_000, next_change_in_ms: 10_000 };
    expect(read(delayed, 2_000)).to.deep.equal({ ...main, ...fresh });
    const last = { left_ms: 1, remaining_ms: 1, phase_left_ms: 1, next_change_in_ms: 1 };
    expect(read(delayed, 11_999)).to.deep.equal({ ...main, ...last });
    const fallen = { left_ms: 0, remaining_ms: 0, phase_left_ms: 0, next_change_in_ms: null };
    expect(read(delayed, 12_000)).to.deep.equal({ ...main, ...standing, ...fallen });
    expect(read(delayed, 99_000)).to.deep.equal({ ...main, ...standing, ...fallen });
    expect(untilFall(delayed)).to.equal(12_000);
  });

  it('T-150 a clock that has nothing but a delay shows the delay, which falls', () => {
    const perMove = setUp({ stages: [{ time_ms: 0, delay_ms: 5_000 }] });
    const reading = { left_ms: 4_000, remaining_ms: 4_000, phase: 'delay', phase_left_ms: 4_000, next_change_in_ms: 4_000, ...falling };
    expect(read(perMove, 1_000)).to.deep.equal(reading);
  });

  it('T-150 after main time a clock shows the present period, and how many are left', () => {
    const main = { left_ms: 9_000, remaining_ms: 15_000, phase: 'main', phase_left_ms: 9_000, periods_left: 2, next_change_in_ms: 9_000 };
    expect(read(periods, 1_000)).to.deep.equal({ ...main, ...falling });
    const first = { left_ms: 2_000, remaining_ms: 5_000, phase: 'period', phase_left_ms: 2_000, periods_left: 2, next_change_in_ms: 2_000 };
    expect(read(periods, 11_000)).to.deep.equal({ ...first, ...falling });
    const last = { left_ms: 3_000, remaining_ms: 3_000, phase: 'period', phase_left_ms: 3_000, periods_left: 1, next_change_in_ms: 3_000 };
    expect(read(periods, 13_000)).to.deep.equal({ ...last, ...falling });
  });

  it('T-150 after main time a clock shows the block, and for how many turns it is', () => {
    const reading = { left_ms: 1_000, remaining_ms: 1_000, phase: 'block', phase_left_ms: 1_000, turns_left: 5, next_change_in_ms: 1_000 };
    expect(read(block, 12_000)).to.deep.equal({ ...reading, ...falling });
  });

  it('T-150 a reading names the stage, and how many turns are left in it', () => {
    expect(read(stages, 0).turns_left).to.equal(40);
    const atZero = settle(setUp({ stages: [{ time_ms: 5_000, at_zero: 'next' }, { time_ms: 1_000 }] }), 4_000);
    const first = { left_ms: 1_000, remaining_ms: 2_000, phase: 'main', phase_left_ms: 1_000, next_change_in_ms: 1_000, ...falling };
    expect(read(atZero, 0)).to.deep.equal(first);
    expect(read(atZero, 1_000)).to.deep.equal({ ...first, remaining_ms: 1_000, stage: 1 });
  });

  it('T-150 a clock with a floor below zero reads negative until it falls there', () => {
    const over = { phase: 'overrun', stage: 0 };
    const above = { left_ms: 1, remaining_ms: 1, phase_left_ms: 1, rate: -1, next_change_in_ms: 1 };
    expect(read(overrun, 999)).to.deep.equal({ phase: 'main', stage: 0, ...above });
    const reading = { left_ms: -500, remaining_ms: -500, phase_left_ms: 4_500, rate: -1, next_change_in_ms: 4_500 };
    expect(read(overrun, 1_500)).to.deep.equal({ ...over, ...reading });
    const fallen = { left_ms: -5_000, remaining_ms: -5_000, phase_left_ms: 0, rate: 0, next_change_in_ms: null };
    expect(read(overrun, 9_000)).to.deep.equal({ ...over, ...fallen });
    expect(untilFall(overrun)).to.equal(6_000);
    expect([isEmpty(overrun), isEmpty(settle(overrun, 1_000)), isEmpty(settle(overrun, 6_000))]).to.deep.equal([false, false, true]);
  });

  it('T-150 the reading of a clock that stands or never falls has no next change', () => {
    const waiting = { left_ms: 10_000, remaining_ms: 12_000, phase: 'delay', phase_left_ms: 2_000, next_change_in_ms: null, ...standing };
    expect(read(delayed, null)).to.deep.equal(waiting);
    const endless = { left_ms: null, remaining_ms: null, phase: 'main', phase_left_ms: null, next_change_in_ms: null, ...standing };
    expect(read(countdown(null), 5_000)).to.deep.equal(endless);
  });

  it('T-151 settling a clock twice gives what settling it once gives, in every bucket and across their ends', () => {
    for (const clock of [delayed, periods, block, stages, overrun]) {
      for (const [a, b] of [
        [500, 700],
        [1_999, 1],
        [2_000, 3],
        [1_500, 9_000],
      ] as const) {
        expect(settle(settle(clock, a), b), `${a} + ${b}`).to.deep.equal(settle(clock, a + b));
      }
    }
  });

  it('T-151 the end of a plain turn earns the increment up to the ceiling, and an adjustment changes main time only', () => {
    const used = countdown(9_000);
    expect(endTurn(used, { increment_ms: 2_000, max_ms: null }).main_ms).to.equal(11_000);
    expect(endTurn(used, { increment_ms: 2_000, max_ms: 10_500 }).main_ms).to.equal(10_500);
    expect(endTurn(used, { increment_ms: 2_000, max_ms: 8_000 }).main_ms, 'above the ceiling already').to.equal(9_000);
    expect(adjust(used, -500)).to.deep.equal(countdown(8_500));
    expect(adjust(countdown(null), -500).main_ms).to.equal(null);
  });
});
