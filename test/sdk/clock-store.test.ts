import { expect } from 'chai';
import { type Clock, countdown, read, setUp } from '#clock';
import { type ClockSource, clockStore, COUNTDOWN, type Digits } from '../../client-sdk/src/clock-store.ts';
import { formatTime } from '../../client-sdk/src/format-time.ts';

/** A clock that was settled at 0, on a wall clock that the test moves. */
class Fixture implements ClockSource {
  at = 0;
  readonly read: (at: number) => Digits;

  constructor(clock: Clock | ((at: number) => Digits)) {
    this.read = typeof clock === 'function' ? clock : (at) => read(clock, at);
  }

  state = () => this.read;
  isSynced = () => true;
  now = () => this.at;
  moves = () => true;
  #tick = () => {};
  subscribe = (listener: () => void) => {
    this.#tick = listener;
    return () => {};
  };

  /** What one store shows at an instant, and after a sync has found that it is another one. */
  shownAfterSync(at: number, found: number): (number | null)[] {
    const store = clockStore(this, COUNTDOWN);
    this.at = at;
    const off = store.subscribe(() => {});
    const before = store.getSnapshot();
    this.at = found;
    this.#tick();
    off();
    return [before, store.getSnapshot()];
  }

  /** What is shown at an instant, in a fresh store and for how long it stands, ms. */
  shownAt(at: number): { text: string; standsMs: number } {
    this.at = at;
    return { text: formatTime(clockStore(this, COUNTDOWN).getSnapshot()), standsMs: COUNTDOWN.rest(this.read(at)) };
  }
}

const delayed = setUp({ stages: [{ time_ms: 5_000, delay_ms: 2_000 }] });
const periods = setUp({ stages: [{ time_ms: 5_000, byoyomi: { period_ms: 3_000, periods: 2 } }] });
/** As a clock rises that receives what another one uses, or a part of it. */
const rising =
  (part = 1) =>
  (at: number) => ({ ...read(countdown(5_000 + Math.floor(at * part)), null), rate: part });

describe('digits of clocks that do not just fall', () => {
  it('J-130 a clock in its delay shows its main time, and nothing is drawn until the delay is over', () => {
    const clock = new Fixture(delayed);
    expect(clock.shownAt(0)).to.deep.equal({ text: '5.0', standsMs: 2_000 });
    expect(clock.shownAt(1_500)).to.deep.equal({ text: '5.0', standsMs: 500 });
    expect(clock.shownAt(2_000)).to.deep.equal({ text: '5.0', standsMs: 100 });
    expect(clock.shownAt(2_101)).to.deep.equal({ text: '4.9', standsMs: 99 });
    expect(clock.shownAt(7_000)).to.deep.equal({ text: '0.0', standsMs: Infinity });
  });

  it('J-130 a clock that rises shows more and more, and a synchronization never turns it back', () => {
    const clock = new Fixture(rising());
    expect(clock.shownAt(50)).to.deep.equal({ text: '5.1', standsMs: 51 });
    expect(clock.shownAt(101)).to.deep.equal({ text: '5.2', standsMs: 100 });
    expect(clock.shownAfterSync(1_000, 400)).to.deep.equal([6_000, 6_000]);
    expect(new Fixture(countdown(5_000)).shownAfterSync(1_000, 400), 'nor one that falls').to.deep.equal([4_000, 4_000]);
  });

  it('J-130 a clock shows its main time, then each period from its beginning', () => {
    const clock = new Fixture(periods);
    expect(clock.shownAt(4_900)).to.deep.equal({ text: '0.1', standsMs: 100 });
    expect(clock.shownAt(5_000)).to.deep.equal({ text: '3.0', standsMs: 100 });
    expect(clock.shownAfterSync(7_950, 8_050), 'in the next period').to.deep.equal([100, 3_000]);
    expect(clock.shownAfterSync(8_500, 8_100), 'within a period').to.deep.equal([2_500, 2_500]);
  });

  it('J-130 a clock below zero shows a minus, in tenths and in seconds', () => {
    const clock = new Fixture({ ...countdown(1_000), floor_ms: -60_000 });
    expect(clock.shownAt(1_000)).to.deep.equal({ text: '0.0', standsMs: 100 });
    expect(clock.shownAt(1_250)).to.deep.equal({ text: '−0.2', standsMs: 50 });
    expect(clock.shownAt(16_000)).to.deep.equal({ text: '−0:15', standsMs: 1_000 });
    expect(formatTime(-15_000, 'spoken')).to.equal('minus 15 seconds');
  });

  it('J-130 the text changes exactly when it is due, whatever the clock does', () => {
    for (const clock of [delayed, periods, { ...countdown(12_000), floor_ms: -12_000 }, rising(), rising(1 / 3)]) {
      const fixture = new Fixture(clock);
      let shown = fixture.shownAt(0);
      let due = shown.standsMs;
      for (let at = 1; at <= 24_000; at++) {
        const now = fixture.shownAt(at);
        if (at < due) expect(now.text, `at ${at}`).to.equal(shown.text);
        if (at >= due) {
          shown = now;
          due = at + now.standsMs;
        }
      }
    }
  });
});
