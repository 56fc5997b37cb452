/**
 * What a query in PromQL names: enough of the grammar to tell metrics and labels from functions and keywords. See
 * https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
export interface Names {
  metrics: string[];
  /** Labels that are matched or grouped by. */
  labels: string[];
  /** Exact matches and alternatives of matchers: label and value. */
  values: [label: string, value: string][];
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;

/** Reads a query. Grafana's variables count as text. */
export function namesOf(query: string): Names {
  const labels: string[] = [];
  const values: [string, string][] = [];
  const bare = query
    .replaceAll(GROUPING, (_, list: string) => {
      labels.push(
        ...list
          .split(',')
          .map((label) => label.trim())
          .filter(Boolean),
      );
      return ' ';
    })
    .replaceAll(/\{([^}]*)\}/g, (_, matchers: string) => {
      for (const [, label = '', operator, value = ''] of matchers.matchAll(MATCHER)) {
        labels.push(label);
        if (operator !== '!~' && /^[\w|]+$/.test(value)) for (const one of value.split('|')) values.push([label, one]);
      }
      return ' ';
    })
    .replaceAll(/\[[^\]]*\]/g, ' ');
  const metrics = [...bare.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)(\s*\()?/g)]
    .filter(([, name = '', called]) => called === undefined && !KEYWORDS.has(name.toLowerCase()))
    .map(([, name = '']) => name);
  return { metrics: [...new Set(metrics)], labels: [...new Set(labels)], values };
}
