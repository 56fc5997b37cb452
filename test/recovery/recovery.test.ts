import { expect } from 'chai';
import type { HistoryData, SessionState } from '#contract';
import { query } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { createKeys } from '../../server/store/keys.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';

describe('recovery from the trail', () => {
  let cluster: Cluster;
  let a: { url: string };
  let b: { url: string };

  beforeEach(async () => {
    const redis = await startOwnRedis();
    cluster = await openCluster({ REDIS_URL: redis.url, DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
  });
  afterEach(() => cluster.close());

  const state = async (path: string, method = 'GET', body?: unknown): Promise<SessionState> => {
    const reply = (await rest(a, method, `/v1/sessions${path}`, body)).reply<SessionState>();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.error.code}`);
    return reply.data;
  };
  const code = async (path: string, method = 'GET', body?: unknown) => {
    const answer = await rest(a, method, `/v1/sessions${path}`, body);
    const reply = answer.reply();
    return reply.ok ? 'ok' : reply.error.code;
  };
  const history = async (id: string): Promise<HistoryData['events']> => {
    const reply = (await rest(a, 'GET', `/v1/sessions/${id}/events`)).reply<HistoryData>();
    return reply.ok ? reply.data.events : [];
  };
  /** Waits until the trail has a session up to a version. */
  const recorded = async (id: string, version: number) =>
    until(`version ${version} of ${id} in the trail`, async () => (await history(id)).length >= version);
  const created = async (change: Parameters<typeof chess>[0] = {}) => (await state('', 'POST', chess(change))).session_id;

  it('V-1 fifty clients on two instances ask for a lost session at once: one recovery, one new epoch, the same state for all', async () => {
    const id = await created();
    const started = await state(`/${id}/start`, 'POST');
    await state(`/${id}/switch`, 'POST');
    await recorded(id, 3);
    await cluster.redis().flushall();

    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => (await rest(index % 2 ? a : b, 'GET', `/v1/sessions/${id}`)).reply<SessionState>()),
    );
    const states = answers.map((answer) => (answer.ok ? answer.data : undefined));
    expect(new Set(states.map((found) => `${found?.epoch} ${found?.version}`)).size).to.equal(1);
    expect(states[0]).to.include({ version: 4, status: 'running', active_participant_id: 'black' });
    expect(states[0]?.epoch).to.be.greaterThan(started.epoch);
    expect(states[0]?.metadata).to.include({ recovered: true });
    expect(states[0]?.metadata['recovered_at']).to.be.a('string');
    expect(states[0]?.metadata['recovery_warning']).to.be.a('string');

    await state(`/${id}/switch`, 'POST');
    await recorded(id, 5);
    const types = (await history(id)).map((event) => event.event_type);
    expect(types).to.deep.equal(['session_created', 'session_started', 'cycle_switched', 'session_recovered', 'cycle_switched']);
  });

  it('V-2 a clock that ran out while its session was lost is found expired at its deadline', async () => {
    const id = await created({ participants: [{ participant_id: 'solo', total_time_ms: 8_000 }] });
    const { deadline_at } = await state(`/${id}/start`, 'POST');
    await recorded(id, 2);
    await cluster.redis().flushall();
    await until('the deadline has passed', async () => Date.now() > Date.parse(deadline_at ?? '') + 200);

    const found = await state(`/${id}`);
    expect(found).to.include({ status: 'expired', version: 4, session_completed_at: deadline_at, updated_at: deadline_at });
    await recorded(id, 4);
    expect((await history(id)).map((event) => event.event_type).slice(2)).to.deep.equal(['session_recovered', 'participant_expired']);
  });

  it('V-3 a finished session is read from the trail and not revived', async () => {
    const id = await created();
    await state(`/${id}/start`, 'POST');
    const finished = await state(`/${id}/complete`, 'POST');
    await recorded(id, 3);
    await cluster.redis().flushall();

    expect(await state(`/${id}`)).to.deep.equal(finished);
    expect(await code(`/${id}/switch`, 'POST')).to.equal('INVALID_STATE_TRANSITION');
    expect(await cluster.redis().keys(`*${id}`)).to.deep.equal([]);
    const joined = await (await cluster.client(b)).ok('session:join', { session_id: id });
    expect(joined.state).to.deep.equal(finished);
  });

  it('V-11 a repeated create is recognised even if its finished session has left Redis', async () => {
    const given = chess({ command_id: 'create' });
    await state('', 'POST', given);
    const completed = await state(`/${given.session_id}/cancel`, 'POST', { command_id: 'cancel' });
    await recorded(given.session_id, 2);
    await cluster.redis().del(createKeys(cluster.settings.KEY_PREFIX).session(given.session_id).session);
    for (const [path, body, applied_version] of [
      ['', given, 1],
      [`/${given.session_id}/cancel`, { command_id: 'cancel' }, 2],
    ] as const) {
      const reply = (await rest(a, 'POST', `/v1/sessions${path}`, body)).json();
      expect(reply).to.deep.include({ ok: true, replayed: true, applied_version, data: completed });
    }
  });

  it('V-4 a deleted session stays deleted even if Redis lost its tombstone', async () => {
    const id = await created();
    await rest(a, 'DELETE', `/v1/sessions/${id}`);
    // The history is gone at once, since Redis knows of the deletion.
    const isRecorded = async () =>
      (await query(cluster.settings['DATABASE_URL'] ?? '', 'SELECT 1 FROM sync_sessions WHERE deleted_at IS NOT NULL')).length === 1;
    await until('the deletion is in the trail', isRecorded);
    await cluster.redis().flushall();
    expect(await code(`/${id}`)).to.equal('SESSION_NOT_FOUND');
  });
  it('V-9 an id whose deletion has not reached the trail yet may be used again at once', async () => {
    const id = await created();
    await recorded(id, 1);
    // Its writer gone, the trail stays where it is.
    const quiet = await openCluster({ ...cluster.settings, AUDIT_WORKER: 'off' });
    try {
      const other = await quiet.instance();
      await cluster.close();
      await rest(other, 'DELETE', `/v1/sessions/${id}`);
      const again = (await rest(other, 'POST', '/v1/sessions', chess({ session_id: id }))).reply<SessionState>();
      expect(again.ok && again.data.version).to.equal(1);
    } finally {
      await quiet.close();
    }
  });

  it('V-10 an invalid create is refused before anything is looked up or brought back', async () => {
    const id = await created();
    await recorded(id, 1);
    await cluster.redis().flushall();
    expect(await code('', 'POST', chess({ session_id: id, active_participant_id: 'nobody' }))).to.equal('VALIDATION_ERROR');
    expect(await cluster.redis().keys(`*${id}`)).to.deep.equal([]);
  });

  it('V-5 an id that is unfinished in the trail is in use; a finished one may be used again, under a later epoch', async () => {
    const open = await created();
    const done = await created();
    const { epoch } = await state(`/${done}/cancel`, 'POST');
    await recorded(open, 1);
    await recorded(done, 2);
    await cluster.redis().flushall();

    expect(await code('', 'POST', chess({ session_id: open }))).to.equal('SESSION_EXISTS');
    expect((await state('', 'POST', chess({ session_id: done }))).epoch).to.be.greaterThan(epoch);
  });

  it('V-6 deleting works for a session that only the trail knows', async () => {
    for (const finish of [false, true]) {
      const id = await created();
      if (finish) await state(`/${id}/complete`, 'POST');
      await recorded(id, finish ? 2 : 1);
      await cluster.redis().flushall();
      expect((await rest(a, 'DELETE', `/v1/sessions/${id}`)).status).to.equal(204);
      expect(await code(`/${id}`)).to.equal('SESSION_NOT_FOUND');
      await until('the deletion is in the trail', async () => (await rest(a, 'GET', `/v1/sessions/${id}/events`)).status === 404);
    }
  });

  it('V-7 an expired session that only the trail knows can still be completed', async () => {
    const id = await created({ participants: [{ participant_id: 'solo', total_time_ms: 1_000 }] });
    await state(`/${id}/start`, 'POST');
    await recorded(id, 3);
    await cluster.redis().flushall();
    const completed = await state(`/${id}/complete`, 'POST');
    expect(completed).to.include({ status: 'completed', version: 4 });
  });

  it('V-8 without a trail a lost session is not found, and a client that watched hears of the new epoch where there is one', async () => {
    const id = await created();
    await recorded(id, 1);
    const watcher = await cluster.client(b);
    await watcher.ok('session:join', { session_id: id });
    await cluster.redis().flushall();
    await state(`/${id}/start`, 'POST');
    expect(await watcher.next('session:update')).to.include({ event_type: 'session_recovered', version: 2 });
    expect(await watcher.next('session:update')).to.include({ event_type: 'session_started', version: 3 });
    const blind = await cluster.instance({ AUDIT_WORKER: 'none', KEY_PREFIX: 'elsewhere' });
    expect((await rest(blind, 'GET', `/v1/sessions/${id}`)).status).to.equal(404);
  });
});
