import { once } from 'node:events';
import { expect } from 'chai';
import { HttpConnection } from '../kit/http-connection.ts';
import { rest } from '../kit/rest.ts';
import { freshDatabase, freshPrefix, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from './logged.ts';

describe('the port of the worker', () => {
  afterEach(endAll);

  it('M-6 the worker answers /health, /ready and /metrics on WORKER_PORT, and says there when Redis cannot be reached', async () => {
    const redis = await startOwnRedis();
    const worker = await startLogged('worker', {
      WORKER_PORT: '0',
      REDIS_URL: redis.url,
      DATABASE_URL: await freshDatabase(),
      KEY_PREFIX: freshPrefix(),
      LOG_LEVEL: 'info',
    });
    const port = await worker.line(/"url":"http:[^"]+:(\d+)"/);
    const at = { url: `http://127.0.0.1:${port}` };
    await until('the worker is ready', async () => (await rest(at, 'GET', '/ready')).status === 200);
    expect((await rest(at, 'GET', '/ready')).json()).to.deep.equal({ status: 'ready', checks: { redis: 'ok', audit: 'ok' } });
    expect((await rest(at, 'GET', '/health')).json()).to.deep.equal({ status: 'ok' });
    const metrics = await rest(at, 'GET', '/metrics');
    expect(metrics.headers.get('content-type')).to.match(/^text\/plain/);
    for (const name of ['synckairos_audit_lag_ms', 'synckairos_db_write_queue_size{status="failed"}', 'process_cpu_seconds_total']) {
      expect(metrics.text).to.contain(`\n${name} `);
    }
    expect((await rest(at, 'GET', '/v1/sessions/x')).status).to.equal(404);
    expect((await rest(at, 'POST', '/metrics', {})).status).to.equal(404);

    await redis.kill();
    const down = await until('the worker says so', async () => {
      const answer = await rest(at, 'GET', '/ready');
      return answer.status === 503 && answer;
    });
    expect(down.json()).to.deep.include({ status: 'not_ready' });
    expect((await rest(at, 'GET', '/health')).status).to.equal(200);
    worker.child.kill('SIGTERM');
    if (worker.child.exitCode === null) await once(worker.child, 'exit');
    expect(worker.child.exitCode).to.equal(0);
  });

  it('M-73 a connection to the worker that sends nothing is closed after ten seconds; one that had a request is kept for as long as at an instance', async function () {
    const worker = await startLogged('worker', {
      WORKER_PORT: '0',
      REDIS_URL: 'redis://127.0.0.1:1',
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
      LOG_LEVEL: 'info',
    });
    const url = await worker.line(/"url":"(http:[^"]+)"/);
    const silent = await HttpConnection.open(url);
    expect((await fetch(`${url}/health`)).headers.get('keep-alive')).to.equal('timeout=65');
    await until('the silent connection is closed', async () => silent.closed, 11_000);
  });

  it('M-6 a WORKER_PORT that is taken ends the start with one line', async () => {
    const first = await startLogged('worker', {
      WORKER_PORT: '0',
      REDIS_URL: 'redis://127.0.0.1:1',
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
      LOG_LEVEL: 'info',
    });
    const port = await first.line(/"url":"http:[^"]+:(\d+)"/);
    const second = await startLogged('worker', {
      WORKER_PORT: port,
      REDIS_URL: 'redis://127.0.0.1:1',
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
      LOG_LEVEL: 'silent',
    });
    if (second.child.exitCode === null) await once(second.child, 'exit');
    expect(second.child.exitCode).to.equal(1);
    expect(await second.line(/^(WORKER_PORT \d+ is in use: .*)$/m)).to.be.a('string');
  });
});
