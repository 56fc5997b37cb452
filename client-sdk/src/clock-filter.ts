/**
 * The clock filter: the server's time, and how accurately it is known. Pure; every instant is an argument. Each
 * exchange brackets the server's clock as in Cristian's algorithm and NTP (RFC 5905, section 8). Of the latest
 * exchanges the one with the smallest possible error counts (RFC 5905, section 10, "clock filter algorithm"), since
 * queues only ever add delay.
 */

import { DriftFit } from './drift.ts';

/** The four timestamps of one exchange, in milliseconds, with fractions. */
export interface TimeSample {
  /** The device's monotonic clock when the request was sent. */
  sentAt: number;
  /** The server's clock when the request arrived. */
  serverReceivedAt: number;
  /** The server's clock when the answer was sent. */
  serverSentAt: number;
  /** The device's monotonic clock when the answer arrived. */
  receivedAt: number;
  /** How far that server's clock may be from the one clock. */
  serverBound: number;
}

/** An estimate of the server's clock at one instant, in milliseconds. */
export interface TimeEstimate {
  /** Unix milliseconds of the server's clock. */
  serverTime: number;
  /** Round trip of the exchange that it uses. */
  rtt: number;
  /** The true time lies within ± this. */
  bound: number;
}

/** How many samples are kept: at one in 10 s, those of a little more than two minutes. */
export const KEPT_SAMPLES = 16;
/** How far two quartz clocks may drift apart, in ms per ms: 100 ppm, ample for working devices. */
export const DRIFT_ALLOWANCE = 100e-6;

/** Room for rounding when two exchanges are compared. */
const ROUNDING_MS = 1;

export class ClockFilter {
  #samples: TimeSample[] = [];
  #best: TimeSample | undefined;
  #drift = 0;
  #fit = new DriftFit();

  /**
   * Adds an exchange, and drops the oldest beyond sixteen. Returns false if it contradicts the earlier ones: then the
   * server's clock was set, and all earlier ones are dropped.
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
    // All samples age alike, so the best one changes only here.
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
 * The server's time at `now` by one exchange: offset ((t2 − t1) + (t3 − t4)) / 2. Its error is at most half the round
 * trip (t4 − t1) − (t3 − t2), plus the server's own bound, plus the drift of both clocks since. `drift` is their
 * estimated drift, a ratio; the bound allows for an error of it.
 */
export function estimateFrom(sample: TimeSample, now: number, drift = 0): TimeEstimate {
  const { sentAt, serverReceivedAt, serverSentAt, receivedAt, serverBound } = sample;
  const rtt = Math.max(0, receivedAt - sentAt - (serverSentAt - serverReceivedAt));
  const offset = (serverReceivedAt - sentAt + (serverSentAt - receivedAt)) / 2;
  const age = Math.max(0, now - receivedAt);
  return { serverTime: now + offset + drift * age, rtt, bound: rtt / 2 + serverBound + (DRIFT_ALLOWANCE + Math.abs(drift)) * age };
}
