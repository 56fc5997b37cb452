import { expect } from 'chai';
import type { HistoryData, SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { closeQueue, enqueue, openQueue } from '../../server/audit/queue.ts';
import { verify } from '../../server/audit/verify.ts';
import { createKeys } from '../../server/store/keys.ts';
import { query, silent } from '../audit/kit.ts';
import { metric } from '../clients/metric.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, freshDirectory, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

const IDLE_MS = 2_000;

/** Sessions that do not run and have left Redis, by age or otherwise. */
describe('a session that was idle for long', function () {
  let directory: string;
  let server: Awaited<ReturnType<typeof startOwnRedis>>;
  let cluster: Cluster;
  let app: { url: string; close(): Promise<void> };

  beforeEach(async () => {
    directory = await freshDirectory('redis');
    server = await startOwnRedis({ directory });
    cluster = await openCluster({
      REDIS_URL: server.url,
      DATABASE_URL: await freshDatabase(),
      SESSION_TTL_SECONDS: String(IDLE_MS / 1000),
    });
    app = await cluster.instance({ AUDIT_WORKER: 'inline' });
  });
  afterEach(() => cluster.close());

  const metadata = { room: 'A1' };
  const ask = async (path: string, method = 'GET', body?: unknown, at = app): Promise<SessionState> => {
    const reply = (await rest(at, method, `/v1/sessions${path}`, body)).reply<SessionState>();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.error.code}`);
    return reply.data;
  };
  const rows = async (id: string) =>
    Number(
      (await query(cluster.settings['DATABASE_URL'] ?? '', 'SELECT count(*) FROM sync_events WHERE session_id = $1', [id]))[0]?.['count'],
    );
  const recorded = (id: string, version: number) =>
    until(`version ${version} of ${id} in the trail`, async () => (await rows(id)) >= version);
  /** A session that the trail has and that waits for its beginning. */
  const pending = async (): Promise<SessionState> => {
    const state = await ask('', 'POST', chess({ metadata }));
    await recorded(state.session_id, 1);
    return state;
  };
  const key = ({ session_id }: SessionState) => createKeys(cluster.settings.KEY_PREFIX).session(session_id).session;
  /** Waits until a session is older than any that Redis keeps. */
  const aged = (state: SessionState) =>
    until('its time in Redis is over', async () => {
      return Date.now() > Date.parse(state.updated_at) + 1.5 * IDLE_MS && (await cluster.redis().exists(key(state))) === 0;
    });
  const problems = async (id: string) => {
    const database = openDatabase(cluster.settings['DATABASE_URL'] ?? '', silent, { connections: 1, statementMs: 5000 });
    try {
      const result = await verify(database, id);
      return result === 'unknown' ? result : result.findings;
    } finally {
      await closeDatabase(database, silent);
    }
  };
  const expectLoss = async (state: SessionState, at = app) => {
    const back = await ask(`/${state.session_id}`, 'GET', undefined, at);
    expect(back.metadata).to.include({ recovered: true }).and.to.include.keys('recovered_at', 'recovery_warning');
    return back;
  };

  it('V-30 a session that left Redis by age is resumed as the next version under a new epoch, with its metadata as they were, and only the event says so', async () => {
    const { session_id: id } = await pending();
    const watcher = await cluster.client(app);
    const { state: created } = await watcher.ok('session:join', { session_id: id });
    await aged(created);
    const resumed = await ask(`/${id}`);
    expect(resumed).to.deep.equal({ ...created, version: created.version + 1, epoch: resumed.epoch });
    expect(resumed.epoch).to.be.greaterThan(created.epoch);
    expect(await watcher.next('session:update')).to.deep.include({ event_type: 'session_recovered', state: resumed });

    await ask(`/${id}/start`, 'POST');
    const paused = await ask(`/${id}/pause`, 'POST');
    await recorded(id, paused.version);
    await aged(paused);
    const started = await ask(`/${id}/resume`, 'POST');
    expect(started.metadata).to.deep.equal(metadata);
    await recorded(id, started.version);
    const reply = (await rest(app, 'GET', `/v1/sessions/${id}/events`)).reply<HistoryData>();
    const marks = reply.ok && reply.data.events.map(({ event_type, metadata: told }) => `${event_type} ${JSON.stringify(told)}`);
    expect(marks).to.include.members(['session_recovered {"resumed":true}', 'session_resumed {}']);
    expect(await problems(id)).to.deep.equal([]);
  });

  it('V-31 a session is recovered with its warning after Redis was emptied, also where it would have left by age meanwhile', async () => {
    const created = await pending();
    await cluster.redis().flushall();
    await aged(created);
    await expectLoss(created);
    await recorded(created.session_id, 2);
    expect(await problems(created.session_id)).to.deep.equal([]);
  });

  it('V-31 a session is recovered with its warning after Redis was restarted, also where it would have left by age meanwhile', async () => {
    const created = await pending();
    await app.close();
    await server.kill();
    await startOwnRedis({ directory, port: server.port });
    await cluster.redis().del(key(created));
    app = await cluster.instance({ AUDIT_WORKER: 'inline' });
    await aged(created);
    await expectLoss(created);
  });

  it('V-32 a session is resumed only where the trail has all of it, so not while its outbox has an event that is as old', async () => {
    const created = await pending();
    const quiet = await cluster.instance({ AUDIT_WORKER: 'off' });
    await app.close();
    const adjusted = { delta_ms: 5_000, participant_id: 'white' };
    await ask(`/${created.session_id}/adjust`, 'POST', adjusted, quiet);
    await aged(await ask(`/${created.session_id}`, 'GET', undefined, quiet));
    await expectLoss(created, quiet);
  });

  it('V-32 a session is resumed only where the trail has all of it, so not while an event that is as old is queued or has failed for good', async () => {
    const created = await pending();
    const [second, third] = [await pending(), await pending()];
    const quiet = await cluster.instance({ AUDIT_WORKER: 'off' });
    await app.close();
    const queue = openQueue(cluster.redis(), cluster.settings.KEY_PREFIX, silent);
    await enqueue(queue, { segments: [], events: [], oldest: Date.parse(created.updated_at) });
    await aged(third);
    await expectLoss(created, quiet);
    const [job] = await queue.getJobs(['waiting']);
    await job?.remove();
    await cluster.redis().zadd(queue.toKey('failed'), Date.now(), 'refused');
    await expectLoss(third, quiet);
    await cluster.redis().del(queue.toKey('failed'));
    expect((await ask(`/${second.session_id}`, 'GET', undefined, quiet)).metadata).to.deep.equal(metadata);
    await closeQueue(queue, silent);
  });

  it('V-33 a session that was lost before SESSION_TTL_SECONDS was lowered still counts as lost', async () => {
    const patient = await cluster.instance({ AUDIT_WORKER: 'inline', SESSION_TTL_SECONDS: '100', KEY_PREFIX: 'patient' });
    const created = await ask('', 'POST', chess({ metadata }), patient);
    await recorded(created.session_id, 1);
    await patient.close();
    await cluster.redis().del(createKeys('patient').session(created.session_id).session);
    const hasty = await cluster.instance({ AUDIT_WORKER: 'inline', KEY_PREFIX: 'patient' });
    await until('it is as old as what leaves now', async () => Date.now() > Date.parse(created.updated_at) + 1.5 * IDLE_MS);
    await expectLoss(created, hasty);
  });

  it('V-34 a session of which a room was told more than the trail has counts as lost, whatever its age', async () => {
    const created = await pending();
    const id = created.session_id;
    const quiet = await cluster.instance({ AUDIT_WORKER: 'off' });
    await app.close();
    const watcher = await cluster.client(quiet);
    await watcher.ok('session:join', { session_id: id });
    await ask(`/${id}/start`, 'POST', {}, quiet);
    await until('the room is known to run', async () => (await metric(quiet, 'synckairos_active_sessions{status="running"}')) === 1);
    const keys = createKeys(cluster.settings.KEY_PREFIX).session(id);
    await cluster.redis().del(keys.session, keys.outbox);
    const update = await watcher.next('session:update', ({ event_type }) => event_type === 'session_recovered', 10_000);
    const { state } = withState(update);
    expect(state.metadata).to.include({ recovered: true });
    expect(Date.parse(state.metadata['recovered_at'] as string)).to.be.greaterThan(Date.parse(created.updated_at) + IDLE_MS);
  });
});
