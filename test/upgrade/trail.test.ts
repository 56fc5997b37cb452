import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { HistoryData, SessionState } from '#contract';
import type { App } from '../../server/app.ts';
import { openQueue } from '../../server/audit/queue.ts';
import { query, silent } from '../audit/kit.ts';
import { keysLike } from '../kit/redis.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { NEWER } from './newer.ts';

/** Longer than an older worker takes to see that it can't read a job. */
const MET_MS = 500;

describe('the trail of an older and a newer version', () => {
  let cluster: Cluster;
  let database: string;
  let older: App;
  beforeEach(async () => {
    database = await freshDatabase();
    cluster = await openCluster({ DATABASE_URL: database });
    older = await cluster.instance({ AUDIT_WORKER: 'inline' });
  });
  afterEach(() => cluster.close());

  const create = async (instance: App, change: Parameters<typeof chess>[0] = {}) => {
    const reply = (await rest(instance, 'POST', '/v1/sessions', chess(change))).reply<SessionState>();
    return reply.ok ? reply.data.session_id : reply.error.code;
  };
  const events = async (instance: App, id: string) => {
    const reply = (await rest(instance, 'GET', `/v1/sessions/${id}/events`)).reply<HistoryData>();
    return reply.ok ? reply.data.events : reply.error.code;
  };
  const recorded = (instance: App, id: string) =>
    until('the event is in the trail', async () => {
      const found = await events(instance, id);
      return typeof found !== 'string' && found.length > 0 && found;
    });

  it('U-10 an older worker leaves events of a newer version in the queue, spends no attempt on them, and writes its own', async () => {
    const newer = await cluster.instance({ AUDIT_WORKER: 'off' }, NEWER);
    const queue = openQueue(cluster.redis(), cluster.settings.KEY_PREFIX, silent);
    const theirs = await create(newer);
    await until('the older worker has met it', async () => (await queue.getWaitingCount()) === 1);
    await wait(MET_MS);
    const ours = await create(older);
    await recorded(older, ours);
    const jobs = await queue.getJobs(['waiting', 'active', 'delayed', 'failed', 'prioritized']);
    expect(jobs.map(({ attemptsMade }) => attemptsMade)).to.deep.equal([0]);
    expect(await queue.getFailedCount()).to.equal(0);
    expect(await query(database, 'SELECT 1 FROM sync_events WHERE session_id = $1', [theirs])).to.deep.equal([]);

    await cluster.instance({ AUDIT_WORKER: 'inline' }, NEWER);
    const [created] = await recorded(newer, theirs);
    expect(created?.state_snapshot).to.include({ session_id: theirs, version: 1 }).and.not.have.property('schema');
    await until('the queue is empty', async () => (await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'failed')) === 0);
  });

  it('U-11 a row in the first form is what the contract calls a state; one in a later form carries its number, and who knows it reads it', async () => {
    const newer = await cluster.instance({ AUDIT_WORKER: 'inline' }, NEWER);
    const [ours, theirs] = [await create(older), await create(newer)];
    const [row] = await recorded(newer, ours);
    expect(row?.state_snapshot.metadata).to.include({ upgraded_from: 1 });
    await recorded(newer, theirs);
    const schema = `SELECT state_snapshot->>'schema' AS schema FROM sync_events WHERE session_id = $1`;
    expect(await query(database, schema, [ours])).to.deep.equal([{ schema: null }]);
    expect(await query(database, schema, [theirs])).to.deep.equal([{ schema: '2' }]);
    expect(await events(older, theirs)).to.equal('SERVICE_UNAVAILABLE');
  });

  it('U-12 an older instance neither brings back nor overwrites a lost session of a newer version; a newer one brings it back', async () => {
    const newer = await cluster.instance({ AUDIT_WORKER: 'inline' }, NEWER);
    const id = await create(newer);
    await recorded(newer, id);
    const keys = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:{*}:s/*`);
    await cluster.redis().del(...keys);
    const got = (await rest(older, 'GET', `/v1/sessions/${id}`)).reply();
    expect(got.ok ? 'ok' : got.error.code).to.equal('SERVICE_UNAVAILABLE');
    expect(await create(older, { session_id: id })).to.equal('SERVICE_UNAVAILABLE');
    const back = (await rest(newer, 'GET', `/v1/sessions/${id}`)).reply<SessionState>();
    expect(back.ok && back.data).to.include({ version: 2 });
  });
});
