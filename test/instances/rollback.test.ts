import { cp, rm } from 'node:fs/promises';
import { expect } from 'chai';
import type { SessionState } from '#contract';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, freshDirectory, startOwnRedis } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';
import { query } from '../audit/kit.ts';

const HEALED_WITHIN_MS = 5_000;
/** So many participants that their session is stored in pieces. */
const IN_PIECES = 64;

/** As after a power cut or a failover: Redis has lost what was acknowledged last, and only clients have seen it. */
describe('a Redis that came back without its last moments', () => {
  let directory: string;
  let redis: PrivateRedis;
  let cluster: Cluster;
  beforeEach(async () => {
    directory = await freshDirectory('redis');
    redis = await startOwnRedis({ directory });
  });
  afterEach(async () => {
    await cluster.close();
    await redis.stop();
  });

  /** A game at version 3, and a copy of Redis' append-only file as of then. */
  const playedGame = async (player: TestClient, given = chess()) => {
    const { session_id } = await player.ok('session:create', given);
    await player.ok('session:start', { session_id });
    await player.ok('session:switch', { session_id });
    const kept = `${directory}-kept`;
    await cp(directory, kept, { recursive: true });
    return { session_id, rollBack: () => rollBack(kept) };
  };
  const rollBack = async (kept: string) => {
    await redis.kill();
    await rm(`${directory}/appendonlydir`, { recursive: true });
    await cp(`${kept}/appendonlydir`, `${directory}/appendonlydir`, { recursive: true });
    redis = await startOwnRedis({ directory, port: redis.port });
  };
  const recovered = async (client: TestClient) =>
    withState(await client.next('session:update', (event) => event.event_type === 'session_recovered', HEALED_WITHIN_MS));

  it('X-20 rooms that saw lost versions are sent, within five seconds, the next version of what is left, under a new epoch', async () => {
    cluster = await openCluster({ REDIS_URL: redis.url });
    const [player, watcher] = [await cluster.client(await cluster.instance()), await cluster.client(await cluster.instance())];
    const { session_id, rollBack: loseTheRest } = await playedGame(player);
    const before = (await watcher.ok('session:join', { session_id })).state;
    const untouched = await player.ok('session:create', chess());
    for (let i = 0; i < 3; i++) await player.ok('session:switch', { session_id });
    await watcher.next('session:update', (event) => event.version === 6);
    await loseTheRest();

    const told = await recovered(watcher);
    expect(told).to.include({ version: 4 });
    expect(told.epoch).to.be.above(before.epoch);
    expect(told.state.metadata).to.include({
      recovered: true,
      recovery_warning: 'Redis lost its last moments; what had not reached the audit trail is lost with them',
    });
    expect((await recovered(player)).state).to.deep.equal(told.state);
    expect(told.state.participants).to.deep.equal(before.participants);
    // Once, by whichever instance noticed first, and only where something was lost.
    expect(await player.ok('session:get', { session_id })).to.deep.equal(told.state);
    expect(player.seen('session:update').filter((event) => event.session_id === untouched.session_id)).to.deep.equal([]);
  });

  for (const count of [2, IN_PIECES])
    it(`X-21 what the trail has is not lost: the game of ${count} goes on from there`, async () => {
      const database = await freshDatabase();
      cluster = await openCluster({ REDIS_URL: redis.url, AUDIT_WORKER: 'inline', DATABASE_URL: database });
      const player = await cluster.client(await cluster.instance());
      const participants = Array.from({ length: count }, (_, index) => ({ participant_id: `p${index}`, total_time_ms: BANK_MS }));
      const { session_id, rollBack: loseTheRest } = await playedGame(player, chess({ participants }));
      await player.ok('session:switch', { session_id });
      const last = (await player.ok('session:switch', { session_id })).version;
      const rows = () => query<{ version: number }>(database, 'SELECT version FROM sync_events ORDER BY version');
      await until('the trail has all', async () => (await rows()).length === last);
      const state = await player.ok('session:get', { session_id });
      await loseTheRest();
      const told = await recovered(player);
      expect(told.version).to.equal(last + 1);
      expect(told.state.participants).to.deep.equal(state.participants);
      expect(await player.ok('session:get', { session_id })).to.deep.equal(told.state);
      await until('so does the trail', async () => (await rows()).at(-1)?.version === last + 1);
    });

  it('X-22 a join that names a lost version is answered with a newer one; a claim alone makes no version', async () => {
    cluster = await openCluster({ REDIS_URL: redis.url });
    const player = await cluster.client(await cluster.instance());
    const { session_id, rollBack: loseTheRest } = await playedGame(player);
    const lost: SessionState = (await player.ok('session:switch', { session_id })) && (await player.ok('session:get', { session_id }));
    const known = { session_id, last_known_version: lost.version, last_known_epoch: lost.epoch };
    await player.ok('session:join', { ...known, last_known_version: 99 });
    expect((await player.ok('session:get', { session_id })).version).to.equal(lost.version);
    await player.ok('session:leave', { session_id });
    await loseTheRest();
    const joined = await until('it can join again', async () => {
      const reply = await player.command('session:join', known);
      return reply.ok && reply.data;
    });
    expect(joined).to.deep.include({ missed: null });
    expect(joined.state.epoch).to.be.above(lost.epoch);
    const again = await player.ok('session:join', { ...known, last_known_version: 99, last_known_epoch: joined.state.epoch });
    expect(again.state.version).to.equal(joined.state.version);
  });

  it('X-23 after Redis lost everything, a running game with a socket in its room comes back from the trail without a command', async () => {
    const database = await freshDatabase();
    cluster = await openCluster({ REDIS_URL: redis.url, AUDIT_WORKER: 'inline', DATABASE_URL: database });
    const app = await cluster.instance();
    const player = await cluster.client(app);
    const { session_id } = await playedGame(player);
    const idle = await player.ok('session:create', chess());
    await until('the trail has all', async () => (await query(database, 'SELECT 1 FROM sync_events')).length === 4);
    // Healing must have noted the running session before Redis loses it.
    await until('a look', async () => (await rest(app, 'GET', '/metrics')).text.includes('synckairos_active_sessions{status="running"} 1'));
    await cluster.redis().flushall();
    const told = await recovered(player);
    expect(told).to.include({ session_id, version: 4 });
    expect(await cluster.redis().keys(`*${idle.session_id}`)).to.deep.equal([]);
  });
});
