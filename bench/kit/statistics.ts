import { build } from 'hdr-histogram-js';

/** The largest value of a histogram: an hour. */
const HIGHEST_US = 3_600_000_000;

/**
 * The latency below which `share` (0 to 1) of the samples lie, from an HDR histogram of microseconds with three
 * significant digits. NaN without samples.
 */
export function percentile(samplesMs: readonly number[], share: number): number {
  if (samplesMs.length === 0) return Number.NaN;
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3 });
  // A negative latency is a fault that rows count separately.
  for (const sample of samplesMs) histogram.recordValue(Math.max(0, Math.round(sample * 1000)));
  return histogram.getValueAtPercentile(share * 100) / 1000;
}

/** The distribution of a number over several rounds. */
export function median(values: readonly number[]): number {
  return ranked(values, 0.5);
}

/**
 * The median of a number over several rounds, and the bounds of the middle half of the rounds, whose distance shows the
 * noise.
 */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: ranked(values, 0.25), high: ranked(values, 0.75) };
}

/** Nearest rank: a handful of rounds with numbers of any size needs no histogram. */
function ranked(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
