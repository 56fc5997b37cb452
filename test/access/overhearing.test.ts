import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { as, JWT, sign, sovereign } from './kit.ts';

/** An instance whose connection to Redis can be slowed down or cut, and one beside it. */
describe('rooms and senders without a right to them', () => {
  let cluster: Cluster;
  let link: TcpProxy;
  let near: App;
  let far: App;
  let owner: TestClient;
  beforeEach(async () => {
    cluster = await openCluster({ ...JWT, REDIS_URL: await oneRedisUrl() });
    link = await openTcpProxy(Number(new URL(cluster.settings.REDIS_URL).port));
    link.slowOnly = 'synckairos-commands';
    near = await cluster.instance();
    far = await cluster.instance({ REDIS_URL: `redis://127.0.0.1:${link.port}` });
    owner = await clientOf(near, 'anna');
  });
  afterEach(async () => {
    link.mend();
    link.delayMs = 0;
    await cluster.close();
    await link.close();
  });
  const clientOf = async (app: App, sub: string) => cluster.client(app, { auth: { token: await sign({ sub }) } });

  for (const command of ['session:join', 'session:create'] as const) {
    it(`G-47 a socket is sent nothing of the room while its ${command} is being refused`, async () => {
      const given = chess();
      const { session_id } = await owner.ok('session:create', given);
      const stranger = await clientOf(far, 'mallory');
      link.delayMs = 150;
      const answer = command === 'session:join' ? stranger.command(command, { session_id }) : stranger.command(command, given);
      await wait(100);
      await owner.ok('session:message', { session_id, message: 'private' });
      await owner.ok('session:start', { session_id });
      expect(await answer).to.have.nested.property('error.code', command === 'session:join' ? 'FORBIDDEN' : 'SESSION_EXISTS');
      await stranger.ok('time:sync', {});
      expect([...stranger.seen('session:message'), ...stranger.seen('session:update')]).to.deep.equal([]);
    });
  }

  it('G-47 a socket that creates a session under a chosen id hears all that follows', async () => {
    const player = await clientOf(far, 'anna');
    link.delayMs = 50;
    const { session_id } = await player.ok('session:create', chess());
    await owner.ok('session:start', { session_id });
    await player.next('session:update', (event) => event.session_id === session_id && event.version === 2);
  });

  it('G-48 while Redis cannot be reached, a fresh token that depends on it is not accepted, and the socket stays in its rooms', async () => {
    const watcher = await clientOf(far, 'anna');
    const { session_id } = await owner.ok('session:create', chess());
    await watcher.ok('session:join', { session_id });
    link.cut();
    const token = await sign({ sub: 'anna', renewed: true });
    await watcher.refused('SERVICE_UNAVAILABLE', 'auth:refresh', { token });
    link.mend();
    await owner.ok('session:start', { session_id });
    await watcher.next('session:update', (event) => event.session_id === session_id && event.version === 2);
    await watcher.ok('auth:refresh', { token });
    await owner.ok('session:switch', { session_id });
    await watcher.next('session:update', (event) => event.session_id === session_id && event.version === 3);
  });

  it('G-49 a repeated deletion leaves the links of a later session of the id untouched', async () => {
    const token = await sovereign();
    const player = await cluster.client(near, { auth: { token } });
    const { session_id } = await player.ok('session:create', chess());
    const deletion = { session_id, command_id: 'delete' };
    await player.ok('session:delete', deletion);
    await player.ok('session:create', chess({ session_id }));
    const { token: linked } = await player.ok('session:share', { session_id, role: 'viewer' });
    expect((await player.success('session:delete', deletion)).replayed).to.equal(true);
    expect((await as(linked, near, 'GET', `/v1/sessions/${session_id}`)).status).to.equal(200);
  });
});
