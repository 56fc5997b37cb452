import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { type RedisGroup, startRedisCluster } from '../kit/redis-cluster.ts';
import { startRedisSentinel } from '../kit/redis-sentinel.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { Load } from './load.ts';

const GAMES = 12;
const BEFORE_MS = 1_000;
/** What is promised is an answer after 2 s and writes after 5 s, on a machine that has time for it. */
const ANSWER_MS = 10_000;
const RESUMED_MS = 20_000;

for (const [form, start] of [
  ['a cluster', () => startRedisCluster()],
  ['Sentinels', startRedisSentinel],
] as const) {
  describe(`two instances on ${form}`, () => {
    let group: RedisGroup;
    let cluster: Cluster;
    let apps: [App, App];
    let white: TestClient;
    let black: TestClient;

    before(async () => {
      group = await start();
      cluster = await openCluster({ REDIS_URL: group.url, DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
      apps = [await cluster.instance(), await cluster.instance()];
      white = await cluster.client(apps[0]);
      black = await cluster.client(apps[1]);
    });
    after(async () => {
      await cluster.close();
      await group.stop();
    });

    it('F-10 a join misses nothing that the other instance sends right after it', async () => {
      for (let game = 0; game < 40; game++) {
        const { session_id } = await white.ok('session:create', chess());
        await black.ok('session:join', { session_id });
        await white.ok('session:message', { session_id, message: game });
        await black.next('session:message', (event) => event.session_id === session_id);
      }
    });

    it('F-11 games are played, expire by themselves, and are in the trail', async () => {
      const load = await Load.begin(GAMES, white, black);
      const timed = await Promise.all(
        Array.from({ length: 16 }, async () => {
          const { session_id } = await white.ok('session:create', {
            session_id: chess().session_id,
            sync_mode: 'per_cycle',
            time_per_cycle_ms: 3_000,
            warning_thresholds_ms: [2_500],
          });
          await black.ok('session:join', { session_id });
          await white.ok('session:start', { session_id });
          return session_id;
        }),
      );
      for (const id of timed) {
        await black.next('session:warning', (event) => event.session_id === id);
        await black.next('session:expired', (event) => event.session_id === id);
      }
      await load.end();
      expect(new Set(load.answers.map(({ code }) => code))).to.deep.equal(new Set(['ok']));
      expect(await load.check(apps[1], black)).to.equal(0);
    });

    for (const [rule, how] of [
      ['F-12', 'SIGKILL'],
      ['F-13', 'SIGSTOP'],
    ] as const) {
      it(`${rule} a master that gets ${how} under load: answers go on, writes resume, and nothing acknowledged is lost without a new epoch`, async () => {
        const load = await Load.begin(GAMES, white, black);
        await wait(BEFORE_MS);
        const keys = createKeys(cluster.settings.KEY_PREFIX);
        // Each test needs a master that still has a replica: first one without the clock, then the one with it.
        const clock = await group.masterOf(keys.clock);
        const others = await Promise.all(load.ids.map((id) => group.masterOf(keys.session(id).session)));
        const index = others.findIndex(({ port }) => port !== clock.port);
        const key = how === 'SIGKILL' && index !== -1 ? keys.session(load.ids[index] ?? '').session : keys.clock;
        const master = await group.masterOf(key);
        const hit = performance.now();
        process.kill(master.pid, how);
        try {
          await until('another master', async () => (await group.masterOf(key)).port !== master.port, RESUMED_MS);
          await until('all games go on', async () => load.gapsAround(hit).every(Number.isFinite), RESUMED_MS);
          await wait(BEFORE_MS);
          await load.end();
        } finally {
          if (how === 'SIGSTOP') process.kill(master.pid, 'SIGCONT');
        }
        const slowest = Math.max(...load.answers.map(({ sent, at }) => at - sent));
        const resumed = Math.max(...load.gapsAround(hit));
        const lost = await load.check(apps[1], black);
        console.log(
          `      writes resumed within ${Math.round(resumed)} ms, slowest answer ${Math.round(slowest)} ms, lost under a new epoch: ${lost}`,
        );
        expect(new Set(load.answers.map(({ code }) => code))).to.have.all.keys('ok', 'SERVICE_UNAVAILABLE');
        expect(slowest).to.be.below(ANSWER_MS);
        expect(load.ids.some((id) => new Set(load.acknowledged.get(id)?.map(({ epoch }) => epoch)).size > 1)).to.equal(true);
        for (const session_id of load.ids) await black.ok('session:delete', { session_id });
      });
    }
  });
}
