import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const OPERATOR = { ADMIN_USER: 'operator', ADMIN_PASSWORD: 'correct horse' };
const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });
const SIGNED_IN = basic('operator:correct horse');

describe('the board of the audit queue', () => {
  let cluster: Cluster;
  let app: { url: string };
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'off' });
    app = await cluster.instance(OPERATOR);
  });
  after(() => cluster.close());

  it('A-60 there is no board without credentials in the settings, nor without a trail', async () => {
    for (const settings of [{}, { ...OPERATOR, AUDIT_WORKER: 'none' }]) {
      const without = await cluster.instance(settings);
      expect((await rest(without, 'GET', '/admin/queues', undefined, SIGNED_IN)).status).to.equal(404);
    }
    const config = (env: Record<string, string>) => () => loadConfig({ REDIS_URL: 'redis://x', AUDIT_WORKER: 'none', ...env });
    expect(config({ ADMIN_USER: 'x' })).to.throw(ConfigError, 'ADMIN_PASSWORD must be set where ADMIN_USER is');
    expect(config({ ADMIN_PASSWORD: 'long enough' })).to.throw(ConfigError, 'ADMIN_USER must be set where ADMIN_PASSWORD is');
    expect(config({ ADMIN_USER: 'a:b', ADMIN_PASSWORD: 'long enough' })).to.throw(ConfigError, 'ADMIN_USER must not hold a colon');
    expect(config({ ADMIN_USER: 'x', ADMIN_PASSWORD: 'short' })).to.throw(ConfigError, /^ADMIN_PASSWORD must have 8 characters or more$/);
  });

  it('A-61 a request without the credentials gets nothing of the board, whatever the path or the method', async () => {
    for (const headers of [
      {},
      basic('operator:wrong'),
      basic('operator:correct hors'),
      basic('other:correct horse'),
      { authorization: 'Basic ' },
    ]) {
      for (const path of [
        '/admin/queues',
        '/admin/queues/',
        '/admin/queues/api/queues',
        '/admin/queues/static/favicon.ico',
        '/admin/queues/%',
      ]) {
        const answer = await rest(app, 'GET', path, undefined, headers);
        expect(answer.status, path).to.equal(401);
        expect(answer.headers.get('www-authenticate')).to.match(/^Basic realm=/);
        expect(answer.json()).to.deep.include({ ok: false });
        expect(answer.headers.get('access-control-allow-origin')).to.equal(null);
      }
    }
    expect((await rest(app, 'PUT', '/admin/queues/api/queues/audit/clean/failed', {})).status).to.equal(401);
    expect((await rest(app, 'GET', '/admin/queues-and-more')).status).to.equal(404);
  });

  it('A-62 an operator sees the page, its files and the queue; scripts and data come from this server only', async () => {
    const page = await rest(app, 'GET', '/admin/queues', undefined, SIGNED_IN);
    expect(page.status).to.equal(200);
    expect(page.headers.get('content-type')).to.match(/^text\/html/);
    expect(page.headers.get('content-security-policy')).to.include("default-src 'self'").and.include("script-src 'self'");
    const files = [...page.text.matchAll(/(?:src|href)="(static\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
    expect(files).to.have.length.greaterThan(2);
    for (const file of files) expect((await rest(app, 'GET', `/admin/queues/${file}`, undefined, SIGNED_IN)).status).to.equal(200);
    const queues = (await rest(app, 'GET', '/admin/queues/api/queues', undefined, SIGNED_IN)).json()['queues'] as object[];
    expect(queues).to.have.length(1);
    expect(queues[0]).to.include({ name: 'audit', readOnlyMode: true });
    expect((await rest(app, 'GET', '/admin/queues/api/nothing', undefined, SIGNED_IN)).status).to.equal(404);
  });

  it('A-63 the board is read-only, because the events of a removed job would be lost', async () => {
    for (const [method, path] of [
      ['PUT', 'queues/audit/clean/failed'],
      ['PUT', 'queues/audit/empty'],
      ['PUT', 'queues/audit/obliterate'],
      ['PUT', 'queues/audit/retry/failed'],
      ['POST', 'queues/audit/add'],
      ['PUT', 'queues/audit/pause'],
    ] as const) {
      expect((await rest(app, method, `/admin/queues/api/${path}`, {}, SIGNED_IN)).status, path).to.equal(405);
    }
  });

  it('A-64 the board hides no route of the server, and metrics count it under one name', async () => {
    expect((await rest(app, 'POST', '/v1/sessions', chess())).status).to.equal(201);
    await rest(app, 'GET', '/admin/queues/api/queues/audit/some-job', undefined, SIGNED_IN);
    const metrics = (await rest(app, 'GET', '/metrics')).text;
    expect(metrics).to.include('route="/admin/queues"');
    expect(metrics).to.not.match(/route="[^"]*(:jobId|some-job|\/api\/queues)/);
  });

  it('A-65 while Redis is away the board says so, without a stack trace', async () => {
    const redis = await startOwnRedis();
    const own = await openCluster({ REDIS_URL: redis.url, AUDIT_WORKER: 'off' });
    try {
      const instance = await own.instance(OPERATOR);
      expect((await rest(instance, 'GET', '/admin/queues/api/queues', undefined, SIGNED_IN)).status).to.equal(200);
      await redis.kill();
      const answer = await until('a refusal', async () => {
        const given = await rest(instance, 'GET', '/admin/queues/api/queues', undefined, SIGNED_IN);
        return given.status === 500 && given;
      });
      expect(answer.json()).to.deep.equal({ error: 'The audit queue is out of reach' });
    } finally {
      await own.close();
    }
  });
});
