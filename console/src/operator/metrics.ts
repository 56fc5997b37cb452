/** Parses `/metrics`: the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the text format of Prometheus; lines that are no samples are left out. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, labels: labelsOf(labels), value: Number(value?.replace('Inf', 'Infinity')) }];
  });
}

/** The sum of all samples of a name that have these labels; null where there are none. */
export function total(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | null {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}

/** The samples of a name summed by one label, largest first. */
export function byLabel(samples: readonly Sample[], name: string, label: string): [string, number][] {
  const sums = new Map<string, number>();
  for (const { name: found, labels, value } of samples) {
    const key = labels[label];
    if (found === name && key !== undefined) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

/**
 * The upper bound of the histogram bucket in which a share (0 to 1) of all observations ends; null before the first
 * one.
 */
export function quantileBound(samples: readonly Sample[], name: string, share: number): number | null {
  const count = total(samples, `${name}_count`);
  if (count === null || count === 0) return null;
  const buckets = samples
    .filter((sample) => sample.name === `${name}_bucket`)
    .map(({ labels, value }) => ({ le: Number(labels['le']?.replace('+Inf', 'Infinity')), value }));
  const bounds = [...new Set(buckets.map(({ le }) => le))].sort((a, b) => a - b);
  return (
    bounds.find((bound) => buckets.filter(({ le }) => le === bound).reduce((sum, { value }) => sum + value, 0) >= share * count) ?? null
  );
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, key = '', value = '']) => [
      key,
      value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    ]),
  );
}
