import { expect } from 'chai';
import fc from 'fast-check';
import { ClockFilter, KEPT_SAMPLES, sampleOf, type TimeSample } from '../../client-sdk/src/clock-filter.ts';

/** A server whose clock is the device's plus this. */
const TRUTH = 1_763_812_345_678.25;

/** An exchange begun at `sentAt` that took `there` and `back` milliseconds, and 3 ms at the server. */
function exchange(sentAt: number, there: number, back: number, serverBound = 0): TimeSample {
  const arrived = sentAt + there;
  return sampleOf(sentAt, arrived + TRUTH, arrived + 3 + TRUTH, arrived + 3 + back, serverBound);
}

describe('clock filter', () => {
  it('J-10 before the first exchange the filter has no estimate', () => {
    expect(new ClockFilter().estimate(0)).to.equal(undefined);
  });

  it('J-10 the filter computes the server’s time from four timestamps, without its processing time', () => {
    const filter = new ClockFilter();
    filter.add(exchange(100, 10, 10, 0.5));
    const estimate = filter.estimate(123);
    expect(estimate?.offset).to.be.closeTo(TRUTH, 0.001);
    expect(estimate?.rtt).to.be.closeTo(20, 0.001);
    expect(estimate?.bound).to.be.closeTo(10.5, 0.001);
  });

  it('J-10 the filter uses the exchange with the shortest round trip', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 5, 5));
    filter.add(exchange(100, 5, 80));
    expect(filter.estimate(200)?.rtt).to.be.closeTo(10, 0.001);
    expect(filter.estimate(200)?.offset).to.be.closeTo(TRUTH, 0.001);
  });

  it('J-10 the bound of an exchange grows by 100 ppm of its age', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 5, 5));
    expect(filter.estimate(13)?.bound).to.be.closeTo(5, 0.001);
    expect(filter.estimate(100_013)?.bound).to.be.closeTo(15, 0.001);
    filter.add(exchange(100_000, 12, 12));
    expect(filter.estimate(100_100)?.rtt, 'a fresh exchange of 24 ms beats one of 10 ms that is 100 s old').to.be.closeTo(24, 0.001);
  });

  it('J-10 the bound includes the server’s own error bound', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 5, 5, 20));
    filter.add(exchange(100, 9, 9, 1));
    expect(filter.estimate(130)?.rtt).to.be.closeTo(18, 0.001);
  });

  it('J-10 the filter keeps the last sixteen exchanges', () => {
    const filter = new ClockFilter();
    filter.add(exchange(0, 1, 1));
    for (let n = 1; n <= KEPT_SAMPLES; n += 1) filter.add(exchange(n * 10, 20, 20));
    expect(filter.estimate(1_000)?.rtt).to.be.closeTo(40, 0.001);
  });

  it('J-10 the estimate is never further off than its bound, however asymmetric the path', () => {
    const delay = fc.double({ min: 0, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 30 }), (delays) => {
        const filter = new ClockFilter();
        delays.forEach(([there, back], n) => filter.add(exchange(n * 1_000, there, back)));
        const now = delays.length * 1_000 + 500;
        const estimate = filter.estimate(now);
        if (estimate === undefined) throw new Error('no estimate');
        expect(Math.abs(estimate.offset - TRUTH)).to.be.at.most(estimate.bound + 0.001);
      }),
    );
  });
});
