import { expect } from 'chai';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';

const METRICS = [
  'synckairos_http_requests_total',
  'synckairos_http_request_duration_ms',
  'synckairos_switch_cycle_duration_ms',
  'synckairos_commands_total',
  'synckairos_command_duration_ms',
  'synckairos_expiry_lateness_ms',
  'synckairos_connected_sockets',
  'synckairos_active_sessions',
  'synckairos_broadcasts_total',
  'synckairos_db_write_queue_size',
  'synckairos_audit_lag_ms',
  'synckairos_clock_offset_ms',
  'synckairos_clock_error_bound_ms',
  'process_cpu_seconds_total',
  'nodejs_eventloop_lag_seconds',
];

describe('what clocks, probes and dashboards ask for', () => {
  let cluster: Cluster;
  let app: App;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
  });
  after(() => cluster.close());

  for (const path of ['/time', '/v1/time']) {
    it(`H-20 GET ${path} tells the time of Redis, bare`, async () => {
      const redisNow = async () => {
        const [seconds, micros] = await cluster.redis().time();
        return Number(seconds) * 1000 + Number(micros) / 1000;
      };
      const before = await redisNow();
      const answer = await rest(app, 'GET', path);
      const after = await redisNow();
      expect(answer.status).to.equal(200);
      const body = answer.json();
      expect(body).to.have.all.keys('timestamp_ms', 'server_version', 'drift_tolerance_ms', 'error_bound_ms');
      expect(body['server_version']).to.match(/^2\.\d+\.\d+$/);
      expect(body['drift_tolerance_ms']).to.equal(50);
      const bound = Number(body['error_bound_ms']);
      expect(bound).to.be.within(0, 50);
      expect(body['timestamp_ms']).to.be.within(before - bound - 1, after + bound + 1);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
    });
  }

  it('H-21 GET /health is ok while the process runs', async () => {
    const answer = await rest(app, 'GET', '/health');
    expect(answer.status).to.equal(200);
    expect(answer.json()).to.deep.equal({ status: 'ok' });
  });

  it('H-44 no cache keeps answers about sessions or the service, refusals included', async () => {
    const { session_id } = chess();
    await rest(app, 'POST', '/v1/sessions', chess({ session_id }));
    for (const [method, path, status] of [
      ['GET', `/v1/sessions/${session_id}`, 200],
      ['GET', '/v1/sessions/nobody', 404],
      ['GET', `/V1/sessions/${session_id}/events/`, 503],
      ['POST', `/v1/sessions/${session_id}/start`, 200],
      ['PUT', `/v1/sessions/${session_id}`, 405],
      ['GET', '/v1/nowhere', 404],
      ['DELETE', `/v1/sessions/${session_id}`, 204],
      ['GET', '/health', 200],
      ['GET', '/ready', 200],
      ['GET', '/metrics', 200],
    ] as const) {
      const answer = await rest(app, method, path);
      expect([answer.status, answer.headers.get('cache-control')], `${method} ${path}`).to.deep.equal([status, 'no-store']);
    }
  });

  it('H-45 paths for operators and probes have one spelling, so that a proxy can block them', async () => {
    for (const path of ['/metrics', '/health', '/ready']) {
      expect((await rest(app, 'GET', path)).status).to.equal(200);
      const others = [
        path.toUpperCase(),
        `${path}/`,
        `/${path}`,
        `${path}%2f`,
        path.replace('e', '%65'),
        `${path};x`,
        `/x/..${path}`.replace('..', '%2e%2e%2f'),
      ];
      for (const other of others) expect((await rest(app, 'GET', other)).status, other).to.equal(404);
    }
  });

  it('H-22 GET /ready tells the state of each part', async () => {
    const answer = await rest(app, 'GET', '/ready');
    expect(answer.status).to.equal(200);
    expect(answer.json()).to.deep.equal({ status: 'ready', checks: { redis: 'ok', database: 'off', audit: 'off' } });
  });

  it('H-23 GET /metrics has every metric of the contract, from the beginning', async () => {
    const answer = await rest(app, 'GET', '/metrics');
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.match(/^text\/plain/);
    for (const name of METRICS) expect(answer.text).to.match(new RegExp(`^# TYPE ${name} `, 'm'));
  });

  it('H-24 labels of the metrics are patterns and known names, never what a client sent', async () => {
    const { session_id } = chess();
    const player = await cluster.client(app);
    await rest(app, 'POST', '/v1/sessions', chess({ session_id }));
    await rest(app, 'GET', `/v1/sessions/${session_id}`);
    await rest(app, 'POST', `/v1/sessions/${session_id}/start`);
    await rest(app, 'GET', `/no/route/${session_id}`);
    await rest(app, 'PATCH', `/v1/sessions/${session_id}`);
    await player.raw(`event-${session_id}`, {});
    const { text } = await rest(app, 'GET', '/metrics');
    expect(text).to.not.contain(session_id);
    const has = (metric: string, labels: Record<string, string>) => {
      const lines = text.split('\n').filter((line) => line.startsWith(metric));
      const found = lines.some((line) => Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)));
      expect(found, `${metric} ${JSON.stringify(labels)}`).to.equal(true);
    };
    has('synckairos_http_requests_total', { method: 'POST', route: '/v1/sessions', status_code: '201' });
    has('synckairos_http_requests_total', { method: 'GET', route: '/v1/sessions/:id', status_code: '200' });
    has('synckairos_http_requests_total', { method: 'POST', route: '/v1/sessions/:id/start', status_code: '200' });
    has('synckairos_http_request_duration_ms_bucket', { method: 'GET', route: '/v1/sessions/:id', le: '1000' });
    has('synckairos_commands_total', { command: 'session:create', outcome: 'ok' });
    has('synckairos_commands_total', { outcome: 'UNKNOWN_COMMAND' });
    has('synckairos_connected_sockets 1', {});
  });

  it('H-24 metrics count a switch by its outcome', async () => {
    const { session_id } = chess();
    await rest(app, 'POST', '/v1/sessions', chess({ session_id }));
    await rest(app, 'POST', `/v1/sessions/${session_id}/switch`);
    await rest(app, 'POST', `/v1/sessions/${session_id}/start`);
    await rest(app, 'POST', `/v1/sessions/${session_id}/switch`);
    const { text } = await rest(app, 'GET', '/metrics');
    expect(text).to.match(/^synckairos_commands_total\{command="session:switch",outcome="ok"\} 1$/m);
    expect(text).to.match(/^synckairos_commands_total\{command="session:switch",outcome="INVALID_STATE_TRANSITION"\} 1$/m);
    expect(text).to.match(/^synckairos_switch_cycle_duration_ms_count 1$/m);
    expect(text).to.match(/^synckairos_broadcasts_total\{event="session:update"\} [1-9]/m);
  });

  it('H-25 every answer has a request id; one that was sent is kept if it is an id', async () => {
    expect((await rest(app, 'GET', '/time')).headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
    expect((await rest(app, 'GET', '/time', undefined, { 'x-request-id': 'mine-1' })).headers.get('x-request-id')).to.equal('mine-1');
    expect((await rest(app, 'GET', '/time', undefined, { 'x-request-id': 'not an id' })).headers.get('x-request-id')).to.not.contain(' ');
  });
});

describe('CORS', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await openCluster();
  });
  after(() => cluster.close());

  const PAGE = 'https://club.example';
  const ask = async (app: { url: string }, origin: string) => {
    const { headers, status } = await rest(app, 'GET', '/time', undefined, { origin });
    return { status, origin: headers.get('access-control-allow-origin'), credentials: headers.get('access-control-allow-credentials') };
  };

  it('H-30 every origin may read by default, never with credentials', async () => {
    const app = await cluster.instance();
    const answer = await ask(app, PAGE);
    expect(answer.origin).to.be.oneOf(['*', PAGE]);
    expect(answer.credentials).to.equal(null);
  });

  it('H-31 with a list only pages of listed origins may read; the answer itself is sent anyway', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: `${PAGE},http://localhost:5173` });
    expect((await ask(app, PAGE)).origin).to.equal(PAGE);
    expect((await ask(app, 'http://localhost:5173')).origin).to.equal('http://localhost:5173');
    expect(await ask(app, 'https://evil.example')).to.deep.equal({ status: 200, origin: null, credentials: null });
  });

  it('H-32 a preflight is answered, and a page may read refusals too', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: PAGE });
    const headers = { origin: PAGE, 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'content-type' };
    const preflight = await rest(app, 'OPTIONS', '/v1/sessions/x', undefined, headers);
    expect(preflight.status).to.be.oneOf([200, 204]);
    expect(preflight.headers.get('access-control-allow-origin')).to.equal(PAGE);
    expect(preflight.headers.get('access-control-allow-methods')).to.contain('DELETE');
    expect(preflight.headers.get('access-control-allow-headers')).to.match(/content-type/i);
    for (const [method, path, body] of [
      ['GET', '/nowhere'],
      ['POST', '/v1/sessions', '{'],
      ['PUT', '/time'],
    ] as [string, string, string?][]) {
      const refused = await rest(app, method, path, body, { origin: PAGE });
      expect(refused.status, path).to.be.within(400, 405);
      expect(refused.headers.get('access-control-allow-origin'), path).to.equal(PAGE);
    }
  });
});
