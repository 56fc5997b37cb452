import { expect } from 'chai';
import type { HistoryData, SessionState } from '#contract';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, freshDirectory, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const BANK_MS = 1_800_000;
const OUTAGE_MS = 4_500;

describe('outages', () => {
  let cluster: Cluster;
  let redis: PrivateRedis;
  let directory: string;

  beforeEach(async () => {
    directory = await freshDirectory('redis');
    redis = await startOwnRedis({ directory });
    cluster = await openCluster({ REDIS_URL: redis.url, DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
  });
  afterEach(() => cluster.close());

  const call = async (at: { url: string }, path: string, method = 'GET', body?: unknown): Promise<SessionState> => {
    const reply = (await rest(at, method, `/v1/sessions${path}`, body)).reply<SessionState>();
    if (!reply.ok) throw new Error(`${method} ${path}: ${JSON.stringify(reply.error)}`);
    return reply.data;
  };
  const usedBy = (state: SessionState, id: string) => state.participants.find((one) => one.participant_id === id)?.time_used_ms ?? -1;

  /**
   * Plays a little under a policy, lets everything die for a while, and goes on. Returns the state after the next
   * switch.
   */
  async function playThroughAnOutage(policy: 'charge' | 'credit' | 'pause', killRedis: boolean) {
    const before = await cluster.process();
    const { session_id: id } = await call(before, '', 'POST', chess({ outage_policy: policy }));
    await call(before, `/${id}/start`, 'POST');
    const switched = await call(before, `/${id}/switch`, 'POST');
    await until(
      'a mark after the switch',
      async () =>
        Number(await cluster.redis().get(createKeys(cluster.settings.KEY_PREFIX).mark)) > Date.parse(switched.cycle_started_at ?? ''),
    );
    await before.kill();
    if (killRedis) await redis.kill();
    const gone = performance.now();
    await until('the outage is long enough', async () => performance.now() - gone > OUTAGE_MS, OUTAGE_MS + 15_000);
    if (killRedis) redis = await startOwnRedis({ directory, port: redis.port });
    const after = await cluster.process();
    return { after, id, found: await call(after, `/${id}`), switched };
  }

  it('O-1 with charge the clock has run on through an outage, to the millisecond', async () => {
    const { after, id, found, switched } = await playThroughAnOutage('charge', true);
    expect(found).to.include({ status: 'running', version: 3, cycle_started_at: switched.cycle_started_at });
    const next = await call(after, `/${id}/switch`, 'POST');
    expect(usedBy(next, 'black')).to.equal(Date.parse(next.cycle_started_at ?? '') - Date.parse(switched.cycle_started_at ?? ''));
    expect(usedBy(next, 'black')).to.be.greaterThan(OUTAGE_MS);
  });

  it('O-2 with credit neither player loses more than a moment by an outage, and a Redis that came back as another begins a new epoch', async () => {
    const { after, id, found, switched } = await playThroughAnOutage('credit', true);
    expect(found).to.include({ status: 'running', version: 4 });
    expect(found.epoch).to.be.greaterThan(switched.epoch);
    const next = await call(after, `/${id}/switch`, 'POST');
    const waited = Date.parse(next.cycle_started_at ?? '') - Date.parse(found.updated_at);
    expect(usedBy(next, 'black') - waited).to.be.within(0, 1_500);
    expect(usedBy(next, 'black') + (next.participants[1]?.total_time_ms ?? 0)).to.equal(BANK_MS);
    const events = await until('the trail', async () => {
      const reply = (await rest(after, 'GET', `/v1/sessions/${id}/events`)).reply<HistoryData>();
      return reply.ok && reply.data.events.length === 5 ? reply.data.events : undefined;
    });
    expect(events[3]).to.include({ event_type: 'session_credited', timestamp: found.updated_at, time_elapsed_ms: 0 });
  });

  it('O-3 with pause the session is paused as of the beginning of an outage, and nothing expires in it', async () => {
    const { after, id, found, switched } = await playThroughAnOutage('pause', false);
    expect(found).to.include({ status: 'paused', version: 4, deadline_at: null });
    expect(Date.parse(found.updated_at)).to.be.within(
      Date.parse(switched.cycle_started_at ?? ''),
      Date.parse(switched.cycle_started_at ?? '') + 1_500,
    );
    expect(usedBy(found, 'black')).to.equal(Date.parse(found.updated_at) - Date.parse(switched.cycle_started_at ?? ''));
    expect(await call(after, `/${id}/resume`, 'POST')).to.include({ status: 'running', version: 5 });
  });
});
