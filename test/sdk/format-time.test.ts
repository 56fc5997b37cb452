import { expect } from 'chai';
import fc from 'fast-check';
import { formatTime, shownTime, untilNextDigit } from '../../client-sdk/src/index.ts';

describe('formatTime', () => {
  const countdown: [number, string][] = [
    [300_000, '5:00'],
    [299_999, '5:00'],
    [299_000, '4:59'],
    [59_001, '1:00'],
    [10_000, '0:10'],
    [9_901, '0:10'],
    [9_900, '9.9'],
    [1, '0.1'],
    [0, '0.0'],
    [-5, '0.0'],
    [3_600_000, '1:00:00'],
    [86_399_001, '24:00:00'],
    [3_723_000, '1:02:03'],
  ];
  for (const [ms, text] of countdown) {
    it(`J-160 a countdown shows ${ms} ms as ${text}`, () => {
      expect(formatTime(ms)).to.equal(text);
    });
  }

  const stopwatch: [number, string][] = [
    [0, '0.0'],
    [99, '0.0'],
    [9_999, '9.9'],
    [10_999, '0:10'],
    [3_600_999, '1:00:00'],
  ];
  for (const [ms, text] of stopwatch) {
    it(`J-160 a stopwatch shows ${ms} ms as ${text}`, () => {
      expect(formatTime(ms, 'stopwatch')).to.equal(text);
    });
  }

  it('J-88 a value that is not a duration is shown as a dash', () => {
    for (const style of ['countdown', 'stopwatch', 'spoken'] as const) {
      for (const none of [null, undefined, Number.NaN, Infinity, -Infinity]) expect(formatTime(none, style)).to.equal('–');
    }
  });

  it('J-160 a time in words for screen readers names hours, minutes and seconds', () => {
    expect(formatTime(299_000, 'spoken')).to.equal('4 minutes 59 seconds');
    expect(formatTime(3_661_000, 'spoken')).to.equal('1 hour 1 minute 1 second');
    expect(formatTime(0, 'spoken')).to.equal('0 seconds');
  });

  it('J-155 the next digit is due exactly when the text changes', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 86_400_000, noNaN: true }), (ms) => {
        const wait = untilNextDigit(ms);
        expect(wait).to.be.greaterThan(0);
        expect(formatTime(ms - wait * 0.999)).to.equal(formatTime(ms));
        expect(formatTime(ms - wait - 0.001)).to.not.equal(formatTime(ms));
        expect(formatTime(shownTime(ms))).to.equal(formatTime(ms));
      }),
    );
  });

  it('J-155 at zero no next digit is due', () => {
    expect(untilNextDigit(0)).to.equal(Infinity);
  });

  it('J-155 below zero the next digit is due when the text changes, and none is due at the clock’s end', () => {
    fc.assert(
      fc.property(fc.integer({ min: -86_400_000, max: 0 }), (ms) => {
        const wait = untilNextDigit(ms, Infinity);
        expect(wait).to.be.greaterThan(0);
        expect(formatTime(ms - wait * 0.999)).to.equal(formatTime(ms));
        expect(formatTime(ms - wait - 0.001)).to.not.equal(formatTime(ms));
      }),
    );
    expect([0, -99, -100, -9_950, -10_000, -10_001].map((ms) => untilNextDigit(ms, 20_000))).to.deep.equal([100, 1, 100, 50, 1_000, 999]);
    expect(untilNextDigit(-20_000, 20_000)).to.equal(Infinity);
  });
});
