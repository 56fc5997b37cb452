import { expect } from 'chai';
import { adjust, beginTurn, type Clock, countdown, endTurn, read, settle, untilFall } from '#clock';

const delayed: Clock = { ...countdown(10_000), delay_ms: 2_000 };
const rising: Clock = { ...countdown(10_000), flow: 1 };
const overrun: Clock = { ...countdown(1_000), floor_ms: -5_000 };

describe('a clock as a value', () => {
  it('T-150 a running clock stands while its delay passes, falls after it, and stands where it fell', () => {
    expect(read(delayed, 0)).to.deep.equal({ left_ms: 10_000, phase: 'delay', rate: 0, next_change_in_ms: 2_000 });
    expect(read(delayed, 1_999)).to.deep.equal({ left_ms: 10_000, phase: 'delay', rate: 0, next_change_in_ms: 1 });
    expect(read(delayed, 2_000)).to.deep.equal({ left_ms: 10_000, phase: 'main', rate: -1, next_change_in_ms: 10_000 });
    expect(read(delayed, 11_999)).to.deep.equal({ left_ms: 1, phase: 'main', rate: -1, next_change_in_ms: 1 });
    expect(read(delayed, 12_000)).to.deep.equal({ left_ms: 0, phase: 'main', rate: 0, next_change_in_ms: null });
    expect(untilFall(delayed)).to.equal(12_000);
  });

  it('T-150 a clock that others fill rises, and never falls', () => {
    expect(read(rising, 700)).to.deep.equal({ left_ms: 10_700, phase: 'main', rate: 1, next_change_in_ms: null });
    expect(untilFall(rising)).to.equal(null);
  });

  it('T-150 a clock with a floor below zero reads negative until it falls there', () => {
    expect(read(overrun, 1_500)).to.deep.equal({ left_ms: -500, phase: 'main', rate: -1, next_change_in_ms: 4_500 });
    expect(read(overrun, 9_000)).to.deep.equal({ left_ms: -5_000, phase: 'main', rate: 0, next_change_in_ms: null });
    expect(untilFall(overrun)).to.equal(6_000);
  });

  it('T-150 a standing clock, and one that never falls, wait for nothing', () => {
    expect(read(delayed, null)).to.deep.equal({ left_ms: 10_000, phase: 'delay', rate: 0, next_change_in_ms: null });
    expect(read(countdown(null), 5_000)).to.deep.equal({ left_ms: null, phase: 'main', rate: 0, next_change_in_ms: null });
  });

  it('T-151 settled twice is settled once, in a delay and across its end', () => {
    for (const [a, b] of [
      [500, 700],
      [1_999, 1],
      [2_000, 3],
      [1_500, 4_000],
    ] as const) {
      expect(settle(settle(delayed, a), b), `${a} + ${b}`).to.deep.equal(settle(delayed, a + b));
    }
  });

  it('T-151 a turn begins with a whole delay, ends with the increment up to the ceiling, and an adjustment moves main time only', () => {
    const used = settle(delayed, 3_000);
    expect(beginTurn(used, 2_000)).to.deep.equal({ ...delayed, main_ms: 9_000 });
    expect(endTurn(used, { increment_ms: 2_000, max_ms: null }).main_ms).to.equal(11_000);
    expect(endTurn(used, { increment_ms: 2_000, max_ms: 10_500 }).main_ms).to.equal(10_500);
    expect(endTurn(used, { increment_ms: 2_000, max_ms: 8_000 }).main_ms, 'above the ceiling already').to.equal(9_000);
    expect(adjust(used, -500)).to.deep.equal({ ...used, main_ms: 8_500 });
    expect(adjust(countdown(null), -500).main_ms).to.equal(null);
  });
});
