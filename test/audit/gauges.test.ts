import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { openQueue } from '../../server/audit/queue.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { silent } from './kit.ts';

/** Longer than from one sample to the next. */
const SAMPLES_MS = 1_200;

describe('the metrics of the trail on an instance that does not carry it', () => {
  let cluster: Cluster;
  beforeEach(async () => (cluster = await openCluster({ AUDIT_WORKER: 'off' })));
  afterEach(() => cluster.close());

  it('A-32 an instance with AUDIT_WORKER=off measures the age of the outbox, until a worker has carried it', async () => {
    const app = await cluster.instance();
    expect(await metric(app, 'synckairos_audit_lag_ms')).to.equal(0);
    await rest(app, 'POST', '/v1/sessions', chess());
    await until('the lag to be seen', async () => (await metric(app, 'synckairos_audit_lag_ms')) > 500);
    await cluster.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    await until('the lag to be gone', async () => (await metric(app, 'synckairos_audit_lag_ms')) === 0);
  });

  it('A-32 an instance with AUDIT_WORKER=off counts the jobs by status', async () => {
    const app = await cluster.instance();
    const queue = openQueue(cluster.redis(), cluster.settings.KEY_PREFIX, silent);
    await queue.addBulk(Array.from({ length: 3 }, () => ({ name: 'events', data: { events: [] } })));
    await until('the jobs to be counted', async () => (await metric(app, 'synckairos_db_write_queue_size{status="waiting"}')) === 3);
    expect(await metric(app, 'synckairos_db_write_queue_size{status="failed"}')).to.equal(0);
  });

  it('A-32 while Redis does not answer the figures stay as they were, and the instance can close', async () => {
    const redis = await startOwnRedis();
    const own = await openCluster({ REDIS_URL: redis.url, AUDIT_WORKER: 'off' });
    const app = await own.instance();
    await rest(app, 'POST', '/v1/sessions', chess());
    await until('the lag to be seen', async () => (await metric(app, 'synckairos_audit_lag_ms')) > 0);
    await redis.kill();
    // The last figures that came from it are shown by then.
    await wait(SAMPLES_MS);
    const lag = await metric(app, 'synckairos_audit_lag_ms');
    await wait(SAMPLES_MS);
    expect(await metric(app, 'synckairos_audit_lag_ms')).to.equal(lag);
    const began = performance.now();
    await own.close();
    expect(performance.now() - began).to.be.below(10_000);
  });
});

/** A gauge, by its name and labels as they are printed. */
async function metric(app: { url: string }, name: string): Promise<number> {
  const { text } = await rest(app, 'GET', '/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}
