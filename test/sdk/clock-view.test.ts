import { expect } from 'chai';
import { read, setUp } from '#clock';
import { clockViewStore, type ReadingSource } from '../../client-sdk/src/clock-view.ts';

describe('a clock with its phase', () => {
  const clock = setUp({ stages: [{ time_ms: 5_000, turns: 3, delay_ms: 2_000 }, { time_ms: 1_000 }] });

  it('J-153 useClock shows the digits of the clock and of its phase, and is the same object until one of them changes', () => {
    let at = 0;
    const source: ReadingSource = {
      state: () => clock,
      isSynced: () => true,
      now: () => at,
      moves: () => true,
      read: (now) => read(clock, now),
      subscribe: () => () => {},
    };
    const viewAt = (now: number) => {
      at = now;
      // A fresh one: within a store, digits change when its timers say so.
      return clockViewStore(source).getSnapshot();
    };
    expect(viewAt(500)).to.deep.equal({ left_ms: 5_000, phase_left_ms: 1_500, phase: 'delay', stage: 0, turns_left: 3 });
    expect(viewAt(2_150)).to.deep.equal({ left_ms: 4_900, phase_left_ms: 4_900, phase: 'main', stage: 0, turns_left: 3 });
    const store = clockViewStore(source);
    at = 2_110;
    const view = store.getSnapshot();
    at = 2_150;
    expect(store.getSnapshot()).to.equal(view);
  });
});
