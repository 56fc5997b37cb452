import { rest } from '../kit/rest.ts';

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** What an instance exposes, by the names that a query can use (`…_bucket`, `…_sum` and `…_count` for histograms). */
export class Exposition {
  readonly types = new Map<string, string>();
  readonly help = new Map<string, string>();
  readonly samples = new Map<string, Sample[]>();

  /** Reads the text format, see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, kind, name, rest_] = /^# (TYPE|HELP) (\S+) (.*)$/.exec(line) ?? [];
      if (name !== undefined) (kind === 'TYPE' ? this.types : this.help).set(name, rest_ ?? '');
      const [, metric, labels, value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (metric === undefined) continue;
      const pairs = [...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text_]) => [key, text_] as const);
      this.samples.set(metric, [
        ...(this.samples.get(metric) ?? []),
        { labels: Object.fromEntries(pairs) as Sample['labels'], value: Number(value) },
      ]);
    }
  }

  static async of(instance: { url: string }): Promise<Exposition> {
    return new Exposition((await rest(instance, 'GET', '/metrics')).text);
  }

  /** The names of the labels that a metric's samples have. */
  labelsOf(name: string): string[] {
    return [...new Set((this.samples.get(name) ?? []).flatMap(({ labels }) => Object.keys(labels)))].toSorted();
  }

  /** All values of a label. */
  values(name: string, label: string): string[] {
    return [...new Set((this.samples.get(name) ?? []).map(({ labels }) => labels[label] ?? ''))].toSorted();
  }

  /** The sum of the samples that have these labels; undefined where there are none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const found = (this.samples.get(name) ?? []).filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}
