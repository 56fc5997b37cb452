import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { SessionState } from '#contract';
import type { App } from '../../server/app.ts';
import { createKeys } from '../../server/store/keys.ts';
import { insist } from '../clients/insist.ts';
import { chess } from '../kit/games.ts';
import { cutOff, type RedisGroup, startRedisCluster } from '../kit/redis-cluster.ts';
import { startRedisSentinel } from '../kit/redis-sentinel.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

const LOST = 5;
/** Replication takes some milliseconds; what it has not done by then would be lost too. */
const SETTLED_MS = 500;
/** A failover and a healing, on a machine that has other things to do. */
const HEALED_MS = 30_000;

for (const [form, start] of [
  ['a cluster', startRedisCluster],
  ['Sentinels', startRedisSentinel],
] as const) {
  describe(`a failover on ${form} to a replica that was cut off`, () => {
    let group: RedisGroup;
    let cluster: Cluster;
    let apps: [App, App];
    let player: TestClient;
    let watcher: TestClient;
    /** What each version of each epoch was told to mean, whoever was told. */
    const told = new Map<string, string>();
    const tell = (state: SessionState) => {
      const key = `${state.session_id} ${state.epoch} ${state.version}`;
      const text = JSON.stringify(state);
      expect(told.get(key) ?? text, key).to.equal(text);
      told.set(key, text);
    };

    before(async () => {
      group = await start();
      cluster = await openCluster({ REDIS_URL: group.url });
      apps = [await cluster.instance(), await cluster.instance()];
      player = await cluster.client(apps[0]);
      watcher = await cluster.client(apps[1]);
      for (const { socket } of [player, watcher]) socket.on('session:update', ({ state }: { state: SessionState }) => tell(state));
    });
    after(async () => {
      await cluster.close();
      await group.stop();
    });

    const game = async (watched: boolean) => {
      const { session_id } = await insist(player, 'session:create', chess({ command_id: 'create' }));
      if (watched) await insist(watcher, 'session:join', { session_id });
      else await insist(player, 'session:leave', { session_id });
      const state = await insist(player, 'session:start', { session_id, command_id: 'start' });
      tell(state);
      return state;
    };
    const adjust = (session_id: string, command_id: string) =>
      insist(player, 'session:adjust', { session_id, command_id, participant_id: 'black', delta_ms: 1 });

    it('F-17 acknowledged commands are lost under a new epoch: rooms are told, and no version means two things', async () => {
      const keys = createKeys(cluster.settings.KEY_PREFIX);
      // Two games on one server: one with a room, and one without.
      const kept = await game(true);
      const key = keys.session(kept.session_id).session;
      const master = await group.masterOf(key);
      let unheard = await game(false);
      while ((await group.masterOf(keys.session(unheard.session_id).session)).port !== master.port) unheard = await game(false);
      const replicas = await group.replicasOf(key);
      expect(replicas).not.to.deep.equal([]);
      await wait(SETTLED_MS);
      for (const replica of replicas) await cutOff(replica);
      for (const { session_id } of [kept, unheard]) {
        for (let n = 0; n < LOST; n++) tell(await adjust(session_id, `lost-${n}`));
      }
      await watcher.next('session:update', ({ session_id, version }) => session_id === kept.session_id && version === kept.version + LOST);
      await master.kill();
      await until('another master', async () => (await group.masterOf(key)).port !== master.port, HEALED_MS);

      // The room had seen versions that are gone.
      for (const client of [watcher, player]) {
        const update = await client.next(
          'session:update',
          ({ epoch, session_id }) => session_id === kept.session_id && epoch > kept.epoch,
          HEALED_MS,
        );
        expect(update).to.include({ version: kept.version + 1, event_type: 'session_recovered' });
        expect(withState(update).state.metadata).to.include({ recovered: true });
      }
      // The game without a room gets its new epoch by its next commit.
      const next = await adjust(unheard.session_id, 'next');
      tell(next);
      expect(next.version).to.equal(unheard.version + 1);
      expect(next.epoch).to.be.above(unheard.epoch);
      const after = await adjust(kept.session_id, 'next');
      tell(after);
      expect(after.version).to.equal(kept.version + 2);
      await watcher.next(
        'session:update',
        ({ session_id, version, epoch }) => session_id === kept.session_id && version === after.version && epoch === after.epoch,
      );
      const rejoined = await watcher.ok('session:join', {
        session_id: kept.session_id,
        last_known_version: kept.version + LOST,
        last_known_epoch: kept.epoch,
      });
      expect(rejoined).to.deep.equal({ state: after, missed: null });
    });
  });
}
