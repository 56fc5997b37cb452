import { request } from 'node:http';
import { expect } from 'chai';
import { STATUSES } from '#contract';
import type { App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { Exposition } from './exposition.ts';
import { useEverything } from './use-everything.ts';

/** The contract's metrics: type, labels, bounds of the buckets where it names them. */
const CONTRACT: Record<string, { type: string; labels: string[]; buckets?: number[] }> = {
  synckairos_http_requests_total: { type: 'counter', labels: ['method', 'route', 'status_code'] },
  synckairos_http_request_duration_ms: { type: 'histogram', labels: ['method', 'route'], buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000] },
  synckairos_switch_cycle_duration_ms: { type: 'histogram', labels: [], buckets: [1, 2, 3, 5, 10, 25, 50] },
  synckairos_commands_total: { type: 'counter', labels: ['command', 'outcome'] },
  synckairos_command_duration_ms: { type: 'histogram', labels: ['command'] },
  synckairos_expiry_lateness_ms: { type: 'histogram', labels: [] },
  synckairos_connected_sockets: { type: 'gauge', labels: [] },
  synckairos_active_sessions: { type: 'gauge', labels: ['status'] },
  synckairos_broadcasts_total: { type: 'counter', labels: ['event'] },
  synckairos_db_write_queue_size: { type: 'gauge', labels: ['status'] },
  synckairos_audit_lag_ms: { type: 'gauge', labels: [] },
  synckairos_clock_offset_ms: { type: 'gauge', labels: [] },
  synckairos_clock_error_bound_ms: { type: 'gauge', labels: [] },
};

describe('metrics', () => {
  let cluster: Cluster;
  let app: App;
  beforeEach(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    app = await cluster.instance();
  });
  afterEach(() => cluster.close());

  it('M-1 every metric of the contract has its type, its labels and its buckets, and a help text', async () => {
    const shown = await useEverything(cluster, app);
    for (const [name, { type, labels, buckets }] of Object.entries(CONTRACT)) {
      expect(shown.types.get(name), name).to.equal(type);
      expect(shown.help.get(name), name).to.match(/\w+ \w+/);
      const sampled = type === 'histogram' ? `${name}_count` : name;
      expect(shown.labelsOf(sampled), name).to.deep.equal(labels.toSorted());
      if (type !== 'histogram') continue;
      const bounds = shown
        .values(`${name}_bucket`, 'le')
        .filter((le) => le !== '+Inf')
        .map(Number);
      if (buckets !== undefined)
        expect(
          bounds.toSorted((a, b) => a - b),
          name,
        ).to.deep.equal(buckets);
      expect(shown.value(`${name}_count`), name).to.be.greaterThan(0);
    }
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(shown.value(name), name).to.be.a('number');
    }
  });

  it('M-2 metrics show what happened', async () => {
    const shown = await useEverything(cluster, app);
    const commands = (command: string, outcome: string) => shown.value('synckairos_commands_total', { command, outcome });
    expect(commands('session:create', 'ok')).to.equal(2);
    expect(commands('session:switch', 'ok')).to.equal(2);
    expect(commands('session:switch', 'replayed')).to.equal(1);
    expect(commands('session:switch', 'INVALID_STATE_TRANSITION')).to.equal(1);
    expect(shown.value('synckairos_switch_cycle_duration_ms_count')).to.equal(2);
    expect(shown.value('synckairos_command_duration_ms_count', { command: 'session:switch' })).to.equal(4);
    expect(shown.value('synckairos_expiry_lateness_ms_count')).to.equal(1);
    expect(shown.value('synckairos_connected_sockets')).to.equal(1);
    expect(shown.value('synckairos_active_sessions', { status: 'paused' })).to.equal(1);
    expect(shown.value('synckairos_broadcasts_total', { event: 'session:expired' })).to.equal(1);
    expect(shown.value('synckairos_http_requests_total', { method: 'POST', route: '/v1/sessions', status_code: '201' })).to.equal(1);
    expect(shown.value('synckairos_clock_error_bound_ms')).to.be.within(0, 1_000);
    expect(Math.abs(shown.value('synckairos_clock_offset_ms') ?? NaN)).to.be.below(1_000);
    expect(shown.value('synckairos_ready')).to.equal(1);
    await until('the trail has caught up', async () => (await Exposition.of(app)).value('synckairos_audit_lag_ms') === 0);
  });

  it('M-3 each status, and each failure that an alert looks at, has its series from the first scrape on', async () => {
    const shown = await Exposition.of(app);
    expect(shown.values('synckairos_active_sessions', 'status')).to.deep.equal([...STATUSES].toSorted());
    expect(shown.values('synckairos_db_write_queue_size', 'status')).to.deep.equal(['active', 'delayed', 'failed', 'waiting']);
    for (const outcome of ['SERVICE_UNAVAILABLE', 'INTERNAL_ERROR', 'STATE_DESERIALIZATION_ERROR']) {
      expect(shown.value('synckairos_commands_total', { command: 'session:switch', outcome }), outcome).to.equal(0);
    }
  });

  it('M-4 no label takes values from what clients send: routes are patterns, and unknown routes and events count as one', async () => {
    const player = await cluster.client(app);
    const ask = (method: string, path: string) =>
      new Promise<void>((resolve, reject) => {
        const sent = request(app.url + path, { method }, (response) => response.resume().on('end', resolve));
        sent.on('error', reject).end();
      });
    for (let i = 0; i < 30; i++) {
      await ask('GET', `/v1/sessions/secret-${i}`);
      await ask('POST', `/v1/sessions/secret-${i}/explode`);
      await ask('GET', `/secret-${i}?secret=${i}`);
      await ask('GET', `/%zz-secret-${i}`);
      await player.raw(`secret-${i}`, {});
    }
    for (const method of ['PROPFIND', 'M-SEARCH', 'PATCH', 'OPTIONS']) await ask(method, '/v1/sessions/secret');
    const shown = await Exposition.of(app);
    expect(
      [...shown.samples.values()]
        .flat()
        .map(({ labels }) => JSON.stringify(labels))
        .join('\n'),
    ).not.to.contain('secret');
    expect(shown.values('synckairos_http_requests_total', 'route')).to.have.lengthOf.at.most(5);
    expect(shown.value('synckairos_commands_total', { command: 'unknown', outcome: 'UNKNOWN_COMMAND' })).to.equal(30);
  });

  it('M-5 while Redis cannot be reached, metrics show the instance as not ready, the growing error bound of its clock, and commands as SERVICE_UNAVAILABLE', async () => {
    const redis = await startOwnRedis();
    const own = await openCluster({ REDIS_URL: redis.url });
    try {
      const alone = await own.instance();
      const before = (await Exposition.of(alone)).value('synckairos_clock_error_bound_ms') ?? NaN;
      await redis.kill();
      await rest(alone, 'POST', '/v1/sessions', chess());
      const shown = await until('the bound has grown', async () => {
        const now = await Exposition.of(alone);
        return (now.value('synckairos_clock_error_bound_ms') ?? 0) > before && now;
      });
      expect(shown.value('synckairos_ready')).to.equal(0);
      expect(shown.value('synckairos_commands_total', { command: 'session:create', outcome: 'SERVICE_UNAVAILABLE' })).to.equal(1);
    } finally {
      await own.close();
    }
  });
});
