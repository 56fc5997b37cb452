import { expect } from 'chai';
import { ATTEMPTS_MAX, pauseBefore, retryAfterOf } from '../../server/webhooks/schedule.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('the schedule of webhooks', () => {
  it('WH-10 a delivery is tried again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, and then given up', () => {
    const pauses = Array.from({ length: ATTEMPTS_MAX }, (_, failed) => pauseBefore(failed + 1, 0, 0));
    expect(pauses).to.deep.equal([
      5 * SECOND,
      300 * SECOND,
      1_800 * SECOND,
      2 * HOUR,
      5 * HOUR,
      10 * HOUR,
      14 * HOUR,
      20 * HOUR,
      24 * HOUR,
      null,
    ]);
  });

  it('WH-11 a pause is up to a tenth longer, so that what failed together does not come back together', () => {
    expect(pauseBefore(1, 0, 1)).to.equal(5_500);
    expect(pauseBefore(1, 0, 0.5)).to.equal(5_250);
  });

  it('WH-12 a longer pause that the receiver asks for is kept, for a day at most', () => {
    expect(pauseBefore(1, 60 * SECOND, 0)).to.equal(60 * SECOND);
    expect(pauseBefore(2, 60 * SECOND, 0)).to.equal(300 * SECOND);
    expect(pauseBefore(1, 1_000 * HOUR, 0)).to.equal(24 * HOUR);
    expect(pauseBefore(ATTEMPTS_MAX, 60 * SECOND, 0)).to.equal(null);
  });

  it('WH-13 Retry-After is read as seconds or as a date, and ignored otherwise', () => {
    const now = Date.parse('2026-12-01T00:00:00Z');
    expect(retryAfterOf('120', now)).to.equal(120 * SECOND);
    expect(retryAfterOf('Tue, 01 Dec 2026 00:01:00 GMT', now)).to.equal(60 * SECOND);
    expect(retryAfterOf('Tue, 01 Dec 2025 00:01:00 GMT', now)).to.equal(0);
    for (const header of [undefined, '', '-1', 'soon', '1e9', '99999999999']) expect(retryAfterOf(header, now), String(header)).to.equal(0);
  });
});
