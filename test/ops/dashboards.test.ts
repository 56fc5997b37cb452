import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { Exposition } from './exposition.ts';
import { namesOf } from './promql.ts';
import { useEverything } from './use-everything.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** What Prometheus adds to each sample, and what it says of a target by itself. */
const OF_PROMETHEUS = { labels: ['job', 'instance'], metrics: ['up'] };

interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
interface Panel {
  title: string;
  type: string;
  datasource?: { uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[];
}
interface Dashboard {
  panels: Panel[];
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
}

const alerts = (parse(read('deploy/alerts.yml')) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(read('deploy/grafana-dashboard.json')) as Dashboard;

/** Everything that is wrong with a query, and with labels that a text around it names. */
function problems(shown: Exposition, query: string, mentioned: string[] = []): string[] {
  const { metrics, labels, values } = namesOf(query);
  const known = new Set([...metrics.flatMap((name) => shown.labelsOf(name)), ...OF_PROMETHEUS.labels]);
  return [
    ...(metrics.length === 0 ? ['names no metric'] : []),
    ...metrics.filter((name) => !shown.samples.has(name) && !OF_PROMETHEUS.metrics.includes(name)).map((name) => `unknown metric ${name}`),
    ...[...labels, ...mentioned].filter((label) => !known.has(label)).map((label) => `unknown label ${label}`),
    ...values
      .filter(([label]) => label === 'status' || label === 'outcome')
      .filter(([label, value]) => !metrics.some((name) => shown.values(name, label).includes(value)))
      .map(([label, value]) => `nothing has ${label}="${value}"`),
  ];
}

describe('dashboard and alerts', () => {
  let cluster: Cluster;
  let shown: Exposition;
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const app = await cluster.instance({ RATE_LIMIT_GENERAL: '20' });
    // A counter has labels from its first refusal on.
    for (let i = 0; i < 25; i++) await rest(app, 'GET', '/v1/time');
    const free = await cluster.instance();
    await useEverything(cluster, free);
    await rest(free, 'GET', `/v1/sessions/${chess().session_id}`);
    shown = await Exposition.of(free);
    const limited = await Exposition.of(app);
    shown.samples.set('synckairos_rate_limited_total', limited.samples.get('synckairos_rate_limited_total') ?? []);
  });
  after(() => cluster.close());

  it('M-10 the alerts use only metrics and labels that a running instance shows', () => {
    expect(alerts).to.have.lengthOf.at.least(15);
    for (const { alert, expr, annotations } of alerts) {
      const mentioned = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect(problems(shown, expr, mentioned), alert).to.deep.equal([]);
    }
  });

  it('M-10 the dashboard uses only metrics and labels that a running instance shows', () => {
    const charts = dashboard.panels.filter(({ type }) => type !== 'row');
    expect(charts).to.have.lengthOf.at.least(20);
    for (const { title, targets = [] } of charts) {
      expect(targets, title).not.to.deep.equal([]);
      for (const { expr, legendFormat } of targets) {
        const mentioned = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        expect(problems(shown, expr, mentioned), title).to.deep.equal([]);
      }
    }
    for (const { query } of dashboard.templating.list) {
      if (typeof query === 'string') continue;
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query.query) ?? [];
      expect(problems(shown, selector, [label]), query.query).to.deep.equal([]);
    }
  });

  it('M-10 the check of M-10 finds an unknown metric, label and value', () => {
    expect(problems(shown, 'rate(synckairos_comands_total[5m])')).to.deep.equal(['unknown metric synckairos_comands_total']);
    expect(problems(shown, 'sum by (cmd) (synckairos_commands_total{outcom="ok"})')).to.deep.equal([
      'unknown label cmd',
      'unknown label outcom',
    ]);
    expect(problems(shown, 'synckairos_active_sessions{status="stuck"}')).to.deep.equal(['nothing has status="stuck"']);
    expect(problems(shown, 'histogram_quantile(0.99, sum by (le) (rate(synckairos_expiry_lateness_ms_bucket[5m]))) > 1')).to.deep.equal([]);
  });

  it('M-11 every panel has a unit and takes its data source from the variable', () => {
    expect(dashboard.templating.list[0]).to.include({ name: 'datasource', type: 'datasource' });
    for (const { title, type, datasource, fieldConfig, targets = [] } of dashboard.panels) {
      if (type === 'row') continue;
      expect(fieldConfig?.defaults.unit, title).to.be.a('string');
      for (const source of [datasource, ...targets.map((target) => target.datasource)])
        expect(source?.uid, title).to.equal('${datasource}');
    }
  });

  it('M-12 every alert has a severity, a summary, and a section of OPERATIONS.md that says what to do', () => {
    const anchors = [...read('docs/OPERATIONS.md').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title));
    const sections = anchors.filter((anchor) => anchor.startsWith('synckairos'));
    for (const { alert, labels, annotations } of alerts) {
      expect(labels.severity, alert).to.be.oneOf(['critical', 'warning', 'info']);
      expect(annotations.summary, alert).to.match(/\w+ \w+/);
      expect(annotations.runbook, alert).to.equal(`docs/OPERATIONS.md#${anchorOf(alert)}`);
      expect(sections, alert).to.include(anchorOf(alert));
    }
    expect(sections.toSorted()).to.deep.equal(alerts.map(({ alert }) => anchorOf(alert)).toSorted());
  });

  it('M-13 OPERATIONS.md explains every metric of the service', () => {
    const text = read('docs/OPERATIONS.md');
    for (const name of shown.types.keys()) if (name.startsWith('synckairos_')) expect(text, name).to.contain(`| \`${name}\` |`);
  });

  it('M-71 the dashboard shows every metric of the service, and every metric that must be 0 has an alert', () => {
    const asked = (queries: string[]) => new Set(queries.flatMap((query) => namesOf(query).metrics));
    const panels = asked(dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)));
    const alarmed = asked(alerts.map(({ expr }) => expr));
    const names = [...shown.types].flatMap(([name, type]) =>
      name.startsWith('synckairos_') ? [{ name, isHistogram: type === 'histogram' }] : [],
    );
    for (const { name, isHistogram } of names) {
      expect(
        [name, ...(isHistogram ? [`${name}_bucket`, `${name}_count`] : [])].some((one) => panels.has(one)),
        name,
      ).to.equal(true);
    }
    const zeros = [...read('docs/OPERATIONS.md').matchAll(/^\| `(synckairos_\w+)` \|.*Must be 0/gm)].map(([, name = '']) => name);
    expect(zeros).not.to.deep.equal([]);
    for (const name of zeros) expect(alarmed.has(name), name).to.equal(true);
  });
});

/** As GitHub makes anchors of headings. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
