import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';
import { as, type Claims, JWT, sign } from './kit.ts';

/** Two instances; the connection of one of them to Redis can be slowed down or cut. */
describe('rooms of an id that is used again', () => {
  let cluster: Cluster;
  let link: TcpProxy;
  let near: App;
  let far: App;
  let anna: TestClient;
  let ben: TestClient;
  beforeEach(async () => {
    cluster = await openCluster({ ...JWT, REDIS_URL: await oneRedisUrl() });
    link = await openTcpProxy(Number(new URL(cluster.settings.REDIS_URL).port));
    near = await cluster.instance();
    far = await cluster.instance({ REDIS_URL: `redis://127.0.0.1:${link.port}` });
    [anna, ben] = [await clientOf(far, { sub: 'anna' }), await clientOf(near, { sub: 'ben' })];
  });
  afterEach(async () => {
    link.mend();
    link.delayMs = 0;
    await cluster.close();
    await link.close();
  });
  const clientOf = async (app: App, claims: Claims) => cluster.client(app, { auth: { token: await sign(claims) } });
  /** Lets a session leave Redis, as one does that has ended or was never started when its time is over. */
  const gone = async (session_id: string) => {
    const redis = cluster.redis();
    const { session } = createKeys(cluster.settings.KEY_PREFIX).session(session_id);
    await redis.pexpire(session, 1);
    await until(`${session_id} has left Redis`, async () => (await redis.exists(session)) === 0);
  };
  const heard = (client: TestClient) => [
    ...client.seen('session:update'),
    ...client.seen('session:message'),
    ...client.seen('session:warning'),
    ...client.seen('session:expired'),
  ];
  /** Starts the session and sends a message to its room; resolves when its owner has got the message. */
  const playIn = async (session_id: string) => {
    await ben.ok('session:start', { session_id });
    await ben.ok('session:message', { session_id, message: 'private' });
    await ben.next('session:message', (event) => event.session_id === session_id);
  };

  it('R-50 a socket in the room of a session that left Redis hears nothing of the next session of that id, and is told that its own was deleted', async () => {
    const { session_id, epoch } = await anna.ok('session:create', chess());
    const { token } = await anna.ok('session:share', { session_id, role: 'viewer' });
    const watcher = await cluster.client(near, { auth: { token } });
    await watcher.ok('session:join', { session_id });
    await anna.ok('session:cancel', { session_id });
    await watcher.next('session:update', (event) => event.version === 2);
    anna.seen('session:update');
    await gone(session_id);

    await ben.ok('session:create', chess({ session_id }));
    await playIn(session_id);
    for (const client of [anna, watcher]) {
      const told = await client.next('session:deleted');
      expect(told).to.include({ session_id, epoch, version: 3 });
    }
    await ben.ok('session:switch', { session_id });
    await ben.next('session:update', (event) => event.version === 3);
    for (const client of [anna, watcher]) {
      await client.ok('time:sync', {});
      expect(heard(client).filter((event) => !('version' in event) || event.version > 2)).to.deep.equal([]);
    }
    await anna.refused('FORBIDDEN', 'session:join', { session_id });
  });

  it('R-51 a room whose deletion was missed while Redis was away is dissolved when the id has another incarnation', async () => {
    const { session_id, epoch } = await anna.ok('session:create', chess());
    link.cut();
    expect((await as(await sign({ sub: 'anna' }), near, 'DELETE', `/v1/sessions/${session_id}`)).status).to.equal(204);
    await ben.ok('session:create', chess({ session_id }));
    await playIn(session_id);
    link.mend();
    const told = await anna.next('session:deleted', undefined, 10_000);
    expect(told).to.include({ session_id, epoch, version: 2 });
    const witness = await clientOf(far, { sub: 'ben' });
    await witness.ok('session:join', { session_id });
    await ben.ok('session:switch', { session_id });
    await witness.next('session:update', (event) => event.version === 3);
    await anna.ok('time:sync', {});
    expect(heard(anna)).to.deep.equal([]);
  });

  it('R-52 a session that the same owner creates under the same id is another incarnation, and a socket that joins again is in its room', async () => {
    const mine = await clientOf(near, { sub: 'anna' });
    const { session_id } = await anna.ok('session:create', chess());
    await gone(session_id);
    await anna.refused('FORBIDDEN', 'session:get', { session_id });
    await mine.ok('session:create', chess({ session_id }));
    const next = await mine.ok('session:start', { session_id });
    expect((await anna.next('session:deleted')).session_id).to.equal(session_id);
    expect((await anna.ok('session:join', { session_id })).state).to.deep.equal(next);
    await mine.ok('session:switch', { session_id });
    await anna.next('session:update', (event) => event.version === 3);
  });

  it('R-53 a leave ends a join and a create of the same socket that came before it, however far they are', async () => {
    const { session_id } = await ben.ok('session:create', chess());
    const viewer = await clientOf(far, { sessions: { '*': 'viewer' } });
    link.delayMs = 20;
    const own = chess();
    const answers = await Promise.all([
      viewer.command('session:join', { session_id }),
      viewer.command('session:leave', { session_id }),
      anna.command('session:create', own),
      anna.command('session:leave', { session_id: own.session_id }),
    ]);
    expect(answers.map(({ ok }) => ok)).to.deep.equal([true, true, true, true]);
    await playIn(session_id);
    await anna.ok('session:start', { session_id: own.session_id });
    for (const client of [viewer, anna]) {
      await client.ok('time:sync', {});
      expect(heard(client)).to.deep.equal([]);
    }
  });

  it('G-60 a join or create under way while the token is replaced keeps no room that the new token does not allow', async () => {
    link.slowOnly = 'synckairos-commands';
    for (let round = 0; round < 10; round++) {
      const { session_id } = await ben.ok('session:create', chess());
      const claims = { sub: 'carla', sessions: { [session_id]: 'viewer', 'mine-*': 'owner' } };
      const carla = await clientOf(far, claims);
      const mine = chess({ session_id: `mine-${session_id}` });
      link.delayMs = round % 5;
      const narrow = await sign({ sub: 'carla', sessions: { nothing: 'viewer' } });
      await Promise.all([
        carla.command('session:join', { session_id }),
        carla.command('session:create', mine),
        carla.ok('auth:refresh', { token: narrow }),
      ]);
      link.delayMs = 0;
      const witness = await clientOf(far, { sessions: { '*': 'owner' } });
      for (const id of [session_id, mine.session_id]) {
        await witness.ok('session:join', { session_id: id });
        await witness.ok('session:start', { session_id: id });
        await witness.ok('session:message', { session_id: id, message: 'private' });
        await witness.next('session:message', (event) => event.session_id === id);
      }
      await carla.ok('time:sync', {});
      expect(heard(carla), `round ${round}`).to.deep.equal([]);
      carla.close();
      witness.close();
    }
  });
});
