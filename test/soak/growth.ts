/** What may grow without being a leak, of a figure that ought to stay where it is: a share of it and an amount. */
export interface Tolerance {
  share: number;
  amount: number;
}

export interface Verdict {
  name: string;
  early: number;
  late: number;
  allowed: number;
  grows: boolean;
}

/**
 * Compares the first third of a series with the last one, median with median, so that no single sample decides: a
 * figure that only goes up and down has the same median in both, one that grows steadily has it two thirds of its whole
 * growth higher.
 */
export function judge(name: string, series: readonly number[], { share, amount }: Tolerance): Verdict {
  const third = Math.floor(series.length / 3);
  if (third < 3) throw new Error(`${name}: ${series.length} samples are too few to tell anything`);
  const early = median(series.slice(0, third));
  const late = median(series.slice(-third));
  const allowed = early * (1 + share) + amount;
  return { name, early, late, allowed, grows: late > allowed };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
