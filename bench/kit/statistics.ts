/** The value below which `share` (0 to 1) of the samples lie: nearest rank, exact, no buckets. NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).toSorted();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Of one number measured in several rounds: the middle, and between what the middle half of the rounds lies. Noise is what is between these. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: percentile(values, 0.25), high: percentile(values, 0.75) };
}
