import { expect } from 'chai';
import { createKeys } from '../../server/store/keys.ts';
import { EngineFixture, stateOf } from '../expiry/engine-fixture.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, oneRedisUrl } from '../kit/services.ts';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';

describe('incarnations of an id over several instances', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('R-55 the creator of a session misses none of its events, however late the answer comes', async () => {
    cluster = await openCluster({ REDIS_URL: await oneRedisUrl() });
    const link = await openTcpProxy(Number(new URL(cluster.settings.REDIS_URL).port));
    try {
      const far = await cluster.instance({ REDIS_URL: `redis://127.0.0.1:${link.port}` });
      const [creator, other] = [await cluster.client(far), await cluster.client(await cluster.instance())];
      link.slowOnly = 'synckairos-commands';
      link.delayMs = 100;
      const { session_id } = chess();
      const created = creator.ok('session:create', chess({ session_id }));
      await until('the session is there', async () => (await other.command('session:message', { session_id, message: 'first' })).ok);
      expect((await creator.next('session:message')).message).to.equal('first');
      expect((await created).version).to.equal(1);
    } finally {
      link.delayMs = 0;
      await link.close();
    }
  });

  for (const isKnown of [true, false]) {
    const outcome = isKnown ? 'goes on where the trail has its session' : 'is told that its session is over where nothing has it';
    it(`R-56 a room ${outcome}, when Redis goes back to an earlier session of the id`, async () => {
      const trail: Record<string, string> = isKnown ? { DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' } : {};
      cluster = await openCluster(trail);
      const app = await cluster.instance();
      const [instance, watcher] = [await cluster.client(app), await cluster.client(app)];
      const { session_id } = await instance.ok('session:create', chess());
      const key = createKeys(cluster.settings.KEY_PREFIX).session(session_id).session;
      const earlier = (await cluster.redis().get(key)) ?? '';
      await instance.ok('session:delete', { session_id });
      const later = await instance.ok('session:create', chess({ session_id }));
      const join = await watcher.ok('session:join', { session_id });
      expect(join.state).to.deep.equal(later);
      if (isKnown) {
        const told = async () => (await instance.ok('session:history', { session_id })).events.length === 1;
        await until('the trail has it', told);
      }
      await cluster.redis().set(key, earlier);
      if (isKnown) {
        const update = await watcher.next('session:update');
        expect(update).to.deep.include({ event_type: 'session_recovered', version: 2 });
        expect('state' in update && update.state.created_at).to.equal(later.created_at);
      } else {
        expect(await watcher.next('session:deleted')).to.include({ epoch: later.epoch, version: 2 });
      }
    });
  }

  it('V-24 no two incarnations of an id begin in the same millisecond', async () => {
    cluster = await openCluster();
    const engines = await EngineFixture.open();
    try {
      const { engine, run } = await engines.instance({ expires: false });
      const arrival = Math.floor(engines.now());
      const game = chess();
      const instants: string[] = [];
      for (let incarnation = 0; incarnation < 3; incarnation++) {
        instants.push(stateOf(await engine.create(game, { arrival })).created_at);
        await run(game.session_id, { type: 'delete' }, { arrival });
      }
      expect(instants).to.deep.equal([0, 1, 2].map((later) => new Date(arrival + later).toISOString()));
    } finally {
      await engines.close();
    }
  });
});
