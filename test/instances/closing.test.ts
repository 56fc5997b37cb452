import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, oneRedisUrl } from '../kit/services.ts';
import { errorOf } from '../kit/socket-client.ts';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';

describe('an instance that closes', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await openCluster();
  });
  afterEach(() => cluster.close());

  const seconds = async (work: Promise<unknown>) => {
    const begin = performance.now();
    await work;
    return (performance.now() - begin) / 1000;
  };

  it('R-30 a closing instance tells its sockets when to reconnect, then closes the transport, so that a standard client reconnects by itself', async () => {
    const app = await cluster.instance();
    const client = await cluster.client(app);
    const gone = client.disconnected();
    await app.close();
    expect((await client.next('server:closing')).reconnect_in_ms).to.be.within(1, 10_000);
    expect(await gone).to.be.oneOf(['transport close', 'already']);
    await app.close();
  });

  it('R-30 clients go on at another instance', async () => {
    const [first, second] = [await cluster.instance(), await cluster.instance()];
    const port = Number(new URL(first.url).port);
    const client = await cluster.client(first, { reconnection: true });
    const { session_id } = await client.ok('session:create', chess());
    await first.close();
    // Somebody else listens there now, as behind a load balancer.
    await cluster.instance({ PORT: String(port) });
    if (!client.socket.connected) await new Promise<void>((resolve) => client.socket.once('connect', resolve));
    await client.ok('session:join', { session_id, last_known_version: 1 });
    const other = await cluster.client(second);
    await other.ok('session:start', { session_id });
    await client.next('session:update', (event) => event.version === 2);
  });

  it('R-31 a closing instance answers its running commands, refuses others, and then ends', async () => {
    const { port } = new URL(await oneRedisUrl());
    const slowLink = await openTcpProxy(Number(port));
    const app = await cluster.instance({ REDIS_URL: `redis://127.0.0.1:${slowLink.port}` });
    const client = await cluster.client(app);
    const { session_id } = await client.ok('session:create', chess());
    await client.ok('session:start', { session_id });
    slowLink.delayMs = 200;
    const inHand = client.command('session:switch', { session_id });
    const overHttp = rest(app, 'POST', '/v1/sessions', chess());
    // Its answer needs no Redis, so the switch was taken before.
    await client.ok('time:sync', {});
    const closed = app.close();
    const tooLate = await client.command('session:switch', { session_id });
    expect(errorOf(tooLate, 'SERVICE_UNAVAILABLE').retryable).to.equal(true);
    expect((await inHand).ok).to.equal(true);
    expect((await overHttp).status).to.be.oneOf([201, 503]);
    await closed;
    expect(await rest(app, 'GET', '/health').catch(() => 'refused')).to.equal('refused');
    await slowLink.close();
  });

  it('R-32 a closing instance does not wait for a client that never finishes its request', async () => {
    const app = await cluster.instance();
    const { port, hostname } = new URL(app.url);
    const slow = connect(Number(port), hostname);
    slow.on('error', () => {});
    await once(slow, 'connect');
    slow.write('POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{');
    await rest(app, 'GET', '/health');
    expect(await seconds(app.close())).to.be.below(10);
    slow.destroy();
  });

  it('R-32 a socket that never reads does not delay a shutdown', async () => {
    const app = await cluster.instance();
    const [sender, deaf] = [await cluster.client(app), await cluster.client(app)];
    const { session_id } = await sender.ok('session:create', chess());
    await deaf.ok('session:join', { session_id });
    const wire = (deaf.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } }).ws;
    wire._socket.pause();
    const message = 'x'.repeat(4_000);
    for (let sent = 0; sent < 1_500; sent += 100) {
      await Promise.all(Array.from({ length: 100 }, () => sender.ok('session:message', { session_id, message })));
    }
    expect(await seconds(app.close())).to.be.below(10);
  });

  it('X-1 X-2 a closing instance answers /ready with 503, refuses new sockets and commands, and ends every connection, until its time is over', async () => {
    const app = await cluster.instance({ SHUTDOWN_DRAIN_MS: '4000' });
    const client = await cluster.client(app);
    expect((await rest(app, 'GET', '/ready')).status).to.equal(200);
    const closed = app.close();
    await client.disconnected();
    // fetch() has no connection left that it could use again, so each of these is a new one.
    const ready = await fetch(`${app.url}/ready`);
    expect([ready.status, ready.headers.get('connection')]).to.deep.equal([503, 'close']);
    expect(await ready.json()).to.deep.equal({ status: 'not_ready', checks: { redis: 'ok', database: 'off', audit: 'off' } });
    expect((await rest(app, 'GET', '/health')).status).to.equal(200);
    const refused = await rest(app, 'POST', '/v1/sessions', chess());
    expect(refused.status).to.equal(503);
    expect(errorOf(refused.reply(), 'SERVICE_UNAVAILABLE').retryable).to.equal(true);
    expect(await upgradeStatus(app.url)).to.equal('HTTP/1.1 503 Service Unavailable');
    await closed;
    expect(await rest(app, 'GET', '/ready').catch(() => 'refused')).to.equal('refused');
  });

  it('X-3 a closing instance tells each socket another moment', async () => {
    const app = await cluster.instance();
    const clients = await Promise.all(Array.from({ length: 20 }, () => cluster.client(app)));
    await app.close();
    const told = await Promise.all(clients.map(async (client) => (await client.next('server:closing')).reconnect_in_ms));
    expect(new Set(told).size).to.be.above(5);
    for (const ms of told) expect(ms).to.be.within(100, 1_000);
  });

  it('X-4 a closing instance releases the relay, and another instance goes on at once', async () => {
    const inline = { AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() };
    const lease = () => cluster.redis().get(createKeys(cluster.settings.KEY_PREFIX).relayLease);
    const app = await cluster.instance(inline);
    const holder = await until('it relays', async () => (await lease()) ?? undefined);
    await app.close();
    expect(await lease()).to.equal(null);
    await cluster.instance(inline);
    expect(await until('another one relays', async () => (await lease()) ?? undefined)).not.to.equal(holder);
  });
});

/** What a client is told that wants to speak WebSocket. */
async function upgradeStatus(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString().split('\r\n', 1)[0] ?? '';
}
