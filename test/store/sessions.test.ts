import { expect } from 'chai';
import type { SessionState } from '#contract';
import { type App } from '../../server/app.ts';
import { decodeState, SCHEMA } from '../../server/domain/schema.ts';
import { PARTITIONS } from '../../server/domain/partitions.ts';
import { createKeys } from '../../server/store/keys.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { keysLike } from '../kit/redis.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { startOwnRedis } from '../kit/services.ts';
import { entriesOf, tamper } from '../kit/stored.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const DAY_MS = 86_400_000;

describe('sessions in Redis', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'off', SESSION_TTL_SECONDS: '100' });
    app = await cluster.instance();
    player = await cluster.client(app);
  });
  after(() => cluster.close());

  const keyOf = (session_id: string) => createKeys(cluster.settings.KEY_PREFIX).session(session_id).session;

  it('S-20 sessions stay in Redis for as long as their status requires', async () => {
    const { session_id } = await player.ok('session:create', chess());
    const left = () => cluster.redis().pttl(keyOf(session_id));
    expect(await left()).to.be.within(60_000, 100_000);
    await player.ok('session:start', { session_id });
    expect(await left()).to.be.within(DAY_MS + BANK_MS - 60_000, DAY_MS + BANK_MS);
    await player.ok('session:pause', { session_id });
    expect(await left()).to.be.within(60_000, 100_000);
    await player.ok('session:resume', { session_id });
    expect(await left()).to.be.within(DAY_MS + BANK_MS - 60_000, DAY_MS + BANK_MS);
    await player.ok('session:complete', { session_id });
    expect(await left()).to.be.within(60_000, 100_000);
    await player.ok('session:delete', { session_id });
    expect(await left()).to.be.within(DAY_MS - 60_000, DAY_MS);
  });

  it('S-21 an unreadable session is reported over both transports and affects no other session', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await tamper(cluster.redis(), keyOf(session_id), {}, '{"session_id":');
    const names = ['session:get', 'session:join', 'session:start', 'session:switch', 'session:delete'] as const;
    for (const name of names) await player.refused('STATE_DESERIALIZATION_ERROR', name, { session_id });
    const answer = await rest(app, 'GET', `/v1/sessions/${session_id}`);
    expect(answer.status).to.equal(500);
    expect(answer.text)
      .to.contain('STATE_DESERIALIZATION_ERROR')
      .and.not.match(/JSON|Unexpected|at \w+/);
    await player.ok('session:create', chess());
  });

  it('S-21 a create never overwrites a value that is not a session', async () => {
    const game = chess();
    const { session_id } = game;
    await cluster.redis().set(keyOf(session_id), 'no session');
    const reply = await player.command('session:create', game);
    expect(reply.ok).to.equal(false);
    expect(await cluster.redis().get(keyOf(session_id))).to.equal('no session');
  });

  it('S-22 sessions leave exactly one entry for each version in the outbox, in order, with the state after it', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess({ command_id: 'c1' }));
    await player.ok('session:start', { session_id, command_id: 'c2' });
    await player.ok('session:start', { session_id, command_id: 'c2' });
    await player.refused('CONFLICT', 'session:switch', { session_id, expected_version: 1 });
    await player.ok('session:switch', { session_id });
    await player.ok('session:message', { session_id, message: 'no event' });
    await player.ok('session:cancel', { session_id, reason: 'rain' });
    const last = await player.ok('session:get', { session_id });
    await player.ok('session:delete', { session_id });

    const entries = await entriesOf(cluster.redis(), cluster.settings.KEY_PREFIX, session_id);
    const events = entries
      .map(({ event, state }) => ({
        event: JSON.parse(event) as Record<string, unknown>,
        state: decodeState(state, SCHEMA) as SessionState,
      }))
      .filter(({ event }) => event['session_id'] === session_id);
    expect(events.map(({ event }) => [event['version'], event['event_type'], event['epoch']])).to.deep.equal([
      [1, 'session_created', epoch],
      [2, 'session_started', epoch],
      [3, 'cycle_switched', epoch],
      [4, 'session_cancelled', epoch],
      [5, 'session_deleted', epoch],
    ]);
    expect(events.map(({ event }) => event['metadata'])).to.deep.equal([
      { command_id: 'c1' },
      { command_id: 'c2' },
      {},
      { reason: 'rain' },
      {},
    ]);
    for (const { event, state } of events) expect(state).to.include({ version: event['version'], session_id, epoch });
    expect(events[3]?.state).to.deep.equal(last);
  });

  it('S-23 a deleted id that is used again has a greater epoch and begins with version 1', async () => {
    const { session_id } = chess();
    let epoch = 0;
    for (let incarnation = 0; incarnation < 5; incarnation++) {
      const state = await player.ok('session:create', chess({ session_id }));
      expect(state.version).to.equal(1);
      expect(state.epoch).to.be.greaterThan(epoch);
      epoch = state.epoch;
      await player.ok('session:delete', { session_id });
    }
  });

  it('S-23 an id that is used again has a greater epoch even if the clock of Redis fell behind', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess());
    await player.ok('session:delete', { session_id });
    await tamper(cluster.redis(), keyOf(session_id), { epoch: String(epoch + DAY_MS) });
    expect((await player.ok('session:create', chess({ session_id }))).epoch).to.equal(epoch + DAY_MS + 1);
  });

  it('S-24 all keys that one script uses have one hash tag', async () => {
    const tags = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { session_id } = await player.ok('session:create', chess({ command_id: 'tagged' }));
      await player.ok('session:start', { session_id });
      const found = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*${session_id}*`);
      const { dueSet, outbox } = createKeys(cluster.settings.KEY_PREFIX).session(session_id);
      const tagsOfSession = new Set([...found, dueSet, outbox].map((key) => /\{([^}]+)\}/.exec(key)?.[1] ?? key));
      // One that somebody is connected to may have been marked as such meanwhile.
      expect(found.filter((key) => !key.includes(':seen/'))).to.have.length(2);
      expect([...tagsOfSession]).to.have.length(1);
      for (const tag of tagsOfSession) tags.add(tag);
    }
    expect(tags.size).to.be.within(PARTITIONS / 2, PARTITIONS);
  });

  it('S-24 a game can be played on a Redis that is a cluster', async () => {
    const redis = await startOwnRedis({ settings: { 'cluster-enabled': 'yes' } });
    const real = await openCluster({ REDIS_URL: redis.url, AUDIT_WORKER: 'off' });
    try {
      await real.redis().cluster('ADDSLOTSRANGE', 0, 16_383);
      await until('the cluster is up', async () => (await real.redis().cluster('INFO')).includes('cluster_state:ok'));
      const one = await real.client(await real.instance());
      const two = await real.client(await real.instance());
      for (let i = 0; i < 10; i++) {
        const { session_id } = await one.ok('session:create', chess({ command_id: 'c' }));
        await two.ok('session:join', { session_id });
        await one.ok('session:start', { session_id, command_id: 's' });
        await two.next('session:update', (event) => event.session_id === session_id && event.version === 2);
        await two.ok('session:delete', { session_id, command_id: 'd' });
      }
    } finally {
      await real.close();
      await redis.stop();
    }
  });
});
