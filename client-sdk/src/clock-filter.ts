/**
 * The clock filter: the server's time, and how accurately it is known. Pure; every instant is an argument. Each
 * exchange brackets the server's clock as in Cristian's algorithm and NTP (RFC 5905, section 8). Of the latest
 * exchanges the one with the smallest possible error counts (RFC 5905, section 10, "clock filter algorithm"), since
 * queues only ever add delay.
 */

import { DriftFit } from './drift.ts';

/** What an exchange with the server tells of its clock, in milliseconds, with fractions. */
export interface TimeSample {
  /** The instant of which this is true, by the device's monotonic clock. */
  at: number;
  /** The server's clock minus the device's monotonic one. */
  offset: number;
  /** Round trip of the exchange: what is above the shortest one was spent in queues. */
  rtt: number;
  /** The true offset lies within ± this. */
  bound: number;
}

/** How many samples are kept: at one in 10 s, those of a little more than two minutes. */
export const KEPT_SAMPLES = 16;
/** How far two quartz clocks may drift apart, in ms per ms: 100 ppm, ample for working devices. */
export const DRIFT_ALLOWANCE = 100e-6;

/** Room for rounding when two exchanges are compared. */
const ROUNDING_MS = 1;

/**
 * What an exchange tells as the answer arrives: offset ((t2 − t1) + (t3 − t4)) / 2. Its error is at most half the
 * round trip (t4 − t1) − (t3 − t2), plus the server's own bound. `sentAt` and `receivedAt` are by the device's
 * monotonic clock; `serverBound` is how far that server's clock may be from the one clock.
 */
export function sampleOf(
  sentAt: number,
  serverReceivedAt: number,
  serverSentAt: number,
  receivedAt: number,
  serverBound: number,
): TimeSample {
  const rtt = Math.max(0, receivedAt - sentAt - (serverSentAt - serverReceivedAt));
  const offset = (serverReceivedAt - sentAt + (serverSentAt - receivedAt)) / 2;
  return { at: receivedAt, offset, rtt, bound: rtt / 2 + serverBound };
}

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
    const known = this.estimate(sample.at);
    const agrees = !known || Math.abs(known.offset - sample.offset) <= known.bound + sample.bound + ROUNDING_MS;
    if (!agrees) {
      this.#samples = [];
      this.#fit = new DriftFit();
    }
    this.#samples = [...this.#samples.slice(1 - KEPT_SAMPLES), sample];
    // All samples age alike, so the best one changes only here.
    this.#best = this.#samples.reduce((best, one) => (aged(one, sample.at).bound <= aged(best, sample.at).bound ? one : best));
    this.#fit.add(sample);
    this.#drift = this.#fit.slope();
    return agrees;
  }

  /** The best estimate at `now` on the monotonic clock; undefined before the first exchange. */
  estimate(now: number): TimeSample | undefined {
    return this.#best && aged(this.#best, now, this.#drift);
  }
}

/** What a sample tells at `now`: `drift` is how fast the offset grows, a ratio; the bound allows for an error of it. */
function aged({ at, offset, rtt, bound }: TimeSample, now: number, drift = 0): TimeSample {
  const age = Math.max(0, now - at);
  return { at: now, offset: offset + drift * age, rtt, bound: bound + (DRIFT_ALLOWANCE + Math.abs(drift)) * age };
}
