/**
 * The clock filter: what time it is at the server, and how sure that is. Pure; every instant is handed in.
 *
 * Each exchange brackets the server's clock as in Cristian's algorithm and NTP (RFC 5905, section 8); of the latest
 * exchanges the one with the smallest possible error counts (RFC 5905, section 10, "clock filter algorithm"), since
 * queues only ever add delay.
 */

import { DriftFit } from './drift.ts';

/** Four timestamps of one exchange, in milliseconds; fractions are welcome. */
export interface TimeSample {
  /** The device's monotonic clock when the request left. */
  sentAt: number;
  /** The server's clock when it arrived there. */
  serverReceivedAt: number;
  /** The server's clock when the answer left. */
  serverSentAt: number;
  /** The device's monotonic clock when the answer came. */
  receivedAt: number;
  /** How far the server's own clock may be off the authoritative one. */
  serverBound: number;
}

/** An estimate of the server's clock at one instant, in milliseconds. */
export interface TimeEstimate {
  /** Unix milliseconds of the authoritative clock. */
  serverTime: number;
  /** Round trip of the exchange it rests on. */
  rtt: number;
  /** The true time lies within ± this. */
  bound: number;
}

/** Samples the filter keeps: at one per 10 s, a bit more than two minutes. */
export const KEPT_SAMPLES = 16;
/** How far two quartz clocks may drift apart, per millisecond: 100 ppm, generous for devices that are not broken. */
export const DRIFT_ALLOWANCE = 100e-6;

/** Room for rounding when two exchanges are compared. */
const ROUNDING_MS = 1;

export class ClockFilter {
  #samples: TimeSample[] = [];
  #best: TimeSample | undefined;
  #drift = 0;
  #fit = new DriftFit();

  /**
   * Takes one exchange; the oldest beyond sixteen goes. When it can't be true together with what was known, the
   * server's clock was set: everything older is forgotten, and the answer is false.
   */
  add(sample: TimeSample): boolean {
    const known = this.estimate(sample.receivedAt);
    const fresh = estimateFrom(sample, sample.receivedAt);
    const agrees = known === null || Math.abs(known.serverTime - fresh.serverTime) <= known.bound + fresh.bound + ROUNDING_MS;
    if (!agrees) {
      this.#samples = [];
      this.#fit = new DriftFit();
    }
    this.#samples = [...this.#samples.slice(1 - KEPT_SAMPLES), sample];
    // All samples age alike, so who is best changes only here.
    this.#best = this.#samples.reduce((best, candidate) =>
      estimateFrom(candidate, sample.receivedAt).bound <= estimateFrom(best, sample.receivedAt).bound ? candidate : best,
    );
    this.#fit.add({ at: sample.receivedAt, offset: fresh.serverTime - sample.receivedAt, rtt: fresh.rtt });
    this.#drift = this.#fit.slope();
    return agrees;
  }

  /** The best estimate at `now` on the monotonic clock, or null before the first exchange. */
  estimate(now: number): TimeEstimate | null {
    return this.#best === undefined ? null : estimateFrom(this.#best, now, this.#drift);
  }
}

/**
 * The server's time at `now` as one exchange tells it: offset ((t2 − t1) + (t3 − t4)) / 2, which is off by at most half
 * the round trip (t4 − t1) − (t3 − t2), plus the server's own bound, plus what both clocks may have drifted since.
 * `drift` (a ratio) is what they are thought to drift; the bound allows for its being wrong.
 */
export function estimateFrom(sample: TimeSample, now: number, drift = 0): TimeEstimate {
  const { sentAt, serverReceivedAt, serverSentAt, receivedAt, serverBound } = sample;
  const rtt = Math.max(0, receivedAt - sentAt - (serverSentAt - serverReceivedAt));
  const offset = (serverReceivedAt - sentAt + (serverSentAt - receivedAt)) / 2;
  const age = Math.max(0, now - receivedAt);
  return { serverTime: now + offset + drift * age, rtt, bound: rtt / 2 + serverBound + (DRIFT_ALLOWANCE + Math.abs(drift)) * age };
}
