import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { chess } from '../kit/games.ts';
import { frame, HANDSHAKE } from '../kit/raw-websocket.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { errorOf, TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const waitOf = (error: { details?: unknown }) => (error.details as { retry_after_ms: number }).retry_after_ms;

describe('commands, sockets and sessions that one client may have', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await openCluster();
  });
  afterEach(() => cluster.close());

  it('Q-20 a socket is limited to so many commands a second, whatever they are; other sockets are not affected', async () => {
    const app = await cluster.instance({ RATE_LIMIT_SOCKET: '5' });
    const [busy, calm] = [await cluster.client(app), await cluster.client(app)];
    const replies = await Promise.all([
      ...['time:sync', 'session:explode', 'session:get', 'session:leave', 'time:sync'].map((name) => busy.raw(name, {})),
      ...[1, 2, 3].map(() => busy.raw('time:sync', {})),
    ]);
    const limited = replies.map((reply) => !reply.ok && reply.error.code === 'RATE_LIMIT_EXCEEDED');
    expect(limited).to.deep.equal([false, false, false, false, false, true, true, true]);
    const last = replies.at(-1);
    if (last === undefined) throw new Error('no reply');
    const error = errorOf(last, 'RATE_LIMIT_EXCEEDED');
    expect(error.retryable).to.equal(true);
    expect(waitOf(error)).to.be.within(1, 1_000);
    await calm.ok('time:sync', {});
    await until('a new window', async () => (await busy.raw('time:sync', {})).ok);
    expect((await rest(app, 'GET', '/metrics')).text).to.match(/synckairos_rate_limited_total\{limit="socket"\} \d/);
  });

  it('Q-20 the default limit is fifty commands a second', async () => {
    const app = await cluster.instance({ RATE_LIMIT_SOCKET: '' });
    const busy = await cluster.client(app);
    const replies = await Promise.all(Array.from({ length: 60 }, () => busy.raw('time:sync', {})));
    expect(replies.filter((reply) => reply.ok)).to.have.length(50);
  });

  it('Q-21 a flood is answered to the last event, while others play on', async () => {
    const app = await cluster.instance({ RATE_LIMIT_SOCKET: '20' });
    const [flooding, calm] = [await cluster.client(app), await cluster.client(app)];
    const flood = Promise.all(Array.from({ length: 3_000 }, () => flooding.socket.timeout(20_000).emitWithAck('time:sync', {})));
    await calm.ok('time:sync', {});
    expect(await flood).to.have.length(3_000);
    expect(flooding.socket.connected).to.equal(true);
    await until('a new window', async () => ((await flooding.raw('time:sync', {})) as { ok: boolean }).ok);
  });

  it('Q-22 an address has so many sockets on an instance; the next one is told why, and may come when another has gone', async () => {
    const app = await cluster.instance({ LIMIT_CONNECTIONS_PER_ADDRESS: '2', TRUST_PROXY: 'true' });
    const headers = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    const mine = headers('203.0.113.1');
    const [first, second] = [await cluster.client(app, mine), await cluster.client(app, mine)];
    const error = (await cluster.client(app, mine).then(
      () => ({ data: null }),
      (reason: unknown) => reason,
    )) as { data: { code: string; retryable: boolean; details: { retry_after_ms: number } } };
    expect(error.data).to.include({ code: 'RATE_LIMIT_EXCEEDED', retryable: true });
    expect(error.data.details.retry_after_ms).to.be.above(0);
    await cluster.client(app, headers('203.0.113.2'));
    for (const player of [first, second]) await player.ok('time:sync', {});
    first.close();
    await until('a place', () =>
      cluster.client(app, mine).then(
        () => true,
        () => false,
      ),
    );
  });

  it('Q-22 an address far beyond its limit gets no connection at all', async () => {
    const app = await cluster.instance({ LIMIT_CONNECTIONS_PER_ADDRESS: '2', OPERATOR_PORT: '0' });
    await Promise.all([cluster.client(app), cluster.client(app)]);
    const attempts = await Promise.allSettled(Array.from({ length: 30 }, () => TestClient.connect(app.url)));
    expect(attempts.every(({ status }) => status === 'rejected')).to.equal(true);
    await until('the refused ones are gone', async () => {
      const open = /synckairos_connected_sockets (\d+)/.exec((await rest({ url: app.operatorUrl ?? '' }, 'GET', '/metrics')).text)?.[1];
      return open === '2';
    });
  });

  it('Y-45 plain connections of an address count from their accept on; a request over one too many is told why', async () => {
    const app = await cluster.instance({ LIMIT_CONNECTIONS_PER_ADDRESS: '2', OPERATOR_PORT: '0' });
    const { port } = new URL(app.url);
    const open = async () => {
      const socket = connect(Number(port), '127.0.0.1');
      const state = { closed: false };
      socket.on('error', () => {});
      socket.on('close', () => (state.closed = true));
      await once(socket, 'connect').catch(() => {});
      return Object.assign(state, { socket });
    };
    for (let n = 0; n < 3; n++) expect((await rest(app, 'GET', '/health')).status).to.equal(200);
    // The connection that the client keeps for its next request is closed to make room.
    const [first, second] = [await open(), await open()];
    const told = await rest(app, 'GET', '/health');
    expect([told.status, told.headers.get('connection')]).to.deep.equal([429, 'close']);
    const error = await cluster.client(app).catch((reason: unknown) => reason);
    expect((error as { data: { code: string } }).data.code).to.equal('RATE_LIMIT_EXCEEDED');
    const others = await Promise.all(Array.from({ length: 20 }, open));
    await until('the rest is hung up on', async () => others.filter(({ closed }) => !closed).length <= 2);
    expect([first.closed, second.closed]).to.deep.equal([false, false]);
    for (const { socket } of [first, ...others]) socket.destroy();
    await until('there is room again', () =>
      rest(app, 'GET', '/health').then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    second.socket.destroy();
  });

  it('Y-45 a WebSocket on a connection that had a request before is not idle', async () => {
    const app = await cluster.instance({ LIMIT_CONNECTIONS_PER_ADDRESS: '2' });
    const { port, host } = new URL(app.url);
    const tcp = connect(Number(port), '127.0.0.1');
    tcp.on('error', () => {});
    let told = '';
    tcp.on('data', (chunk: Buffer) => (told += chunk.toString('latin1')));
    tcp.write(`GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await until('the request is answered', async () => told.includes('"ok"'));
    const lines = [`GET ${HANDSHAKE} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    tcp.write([...lines, 'Sec-WebSocket-Key: bm8gc2VjcmV0IGhlcmUuLg==', '', ''].join('\r\n'));
    tcp.write(frame('40'));
    await until('it is connected', async () => told.includes('40{'));
    const second = await cluster.client(app);
    await cluster.client(app).catch(() => undefined);
    await second.ok('time:sync', {});
    expect(tcp.closed).to.equal(false);
    tcp.destroy();
  });

  it('Q-23 a session has so many sockets on an instance; whoever is in may join again', async () => {
    const app = await cluster.instance({ LIMIT_SOCKETS_PER_SESSION: '2' });
    const [first, second, third] = [await cluster.client(app), await cluster.client(app), await cluster.client(app)];
    const { session_id } = await first.ok('session:create', chess());
    await second.ok('session:join', { session_id });
    await second.ok('session:join', { session_id });
    const error = await third.refused('RATE_LIMIT_EXCEEDED', 'session:join', { session_id });
    expect(waitOf(error)).to.be.above(0);
    await first.ok('session:start', { session_id });
    await second.next('session:update', (event) => event.version === 2);
    expect(third.seen('session:update')).to.deep.equal([]);
    await second.ok('session:leave', { session_id });
    await third.ok('session:join', { session_id });
  });

  it('Y-46 a session never has more sockets than its limit while joins and leaves cross, and no place is lost', async () => {
    const [limit, rounds] = [3, 25];
    const app = await cluster.instance({ LIMIT_SOCKETS_PER_SESSION: String(limit) });
    const owner = await cluster.client(app);
    const { session_id } = await owner.ok('session:create', chess());
    await owner.ok('session:leave', { session_id });
    const players = await Promise.all(Array.from({ length: 12 }, () => cluster.client(app)));
    let said = 0;
    const hurry = async (player: TestClient, index: number) => {
      for (let round = 0; round < rounds; round++) {
        // All in one go: none waits for the one before.
        const burst = Array.from({ length: 1 + ((round + index) % 3) }, (_, n) =>
          player.command(n === 1 ? 'session:leave' : 'session:join', { session_id }),
        );
        const told = owner.ok('session:message', { session_id, message: (said += 1) });
        await Promise.all([...burst, told]);
        if (round % 2 === 1) await player.ok('session:leave', { session_id });
      }
    };
    await Promise.all(players.map(hurry));
    const heard = new Map<unknown, number>();
    for (const player of players)
      for (const { message } of player.seen('session:message')) heard.set(message, 1 + (heard.get(message) ?? 0));
    expect(Math.max(...heard.values())).to.equal(limit);
    await Promise.all(players.map((player) => player.ok('session:leave', { session_id })));
    const replies = await Promise.all(players.map((player) => player.command('session:join', { session_id })));
    expect(replies.filter(({ ok }) => ok)).to.have.length(limit);
    for (const reply of replies) if (!reply.ok) errorOf(reply, 'RATE_LIMIT_EXCEEDED');
  });

  it('Q-24 an owner has so many unfinished sessions over all instances; those that end make room', async () => {
    const settings = { LIMIT_SESSIONS_PER_OWNER: '2', TRUST_PROXY: 'true' };
    const apps = [await cluster.instance(settings), await cluster.instance(settings)] as const;
    const player = await cluster.client(apps[0], { headers: { 'x-forwarded-for': '203.0.113.1' } });
    const create = async (address: string, id = chess().session_id) =>
      (await rest(apps[1], 'POST', '/v1/sessions', chess({ session_id: id }), { 'x-forwarded-for': address })).status;
    const { session_id } = await player.ok('session:create', chess());
    expect(await create('203.0.113.1')).to.equal(201);
    expect(await create('203.0.113.1')).to.equal(429);
    await player.refused('RATE_LIMIT_EXCEEDED', 'session:create', chess());
    expect(await create('203.0.113.1', session_id), 'an id in use takes no place').to.equal(409);
    expect(await create('203.0.113.2', session_id), 'nor from somebody else').to.equal(409);
    expect([await create('203.0.113.2'), await create('203.0.113.2'), await create('203.0.113.2')]).to.deep.equal([201, 201, 429]);
    await player.ok('session:cancel', { session_id });
    expect([await create('203.0.113.1'), await create('203.0.113.1')]).to.deep.equal([201, 429]);
  });

  it('Q-40 the error for an invalid setting tells which values are allowed, and never the given value', () => {
    const needed = { REDIS_URL: 'redis://x', AUDIT_WORKER: 'none' };
    expect(() => loadConfig({ ...needed, LOG_LEVEL: 'loud' })).to.throw(ConfigError, /^LOG_LEVEL must be trace, debug, .* or silent$/);
    expect(() => loadConfig({ ...needed, TRUST_PROXY: 'yes' })).to.throw(
      ConfigError,
      'TRUST_PROXY must be true or false, or the number of proxies in front',
    );
    for (const name of ['RATE_LIMIT_GENERAL', 'RATE_LIMIT_SWITCH', 'RATE_LIMIT_SOCKET', 'LIMIT_SESSIONS_PER_OWNER']) {
      expect(() => loadConfig({ ...needed, [name]: 'many' })).to.throw(ConfigError, `${name} must be a whole number`);
    }
    for (const CORS_ORIGIN of [
      'foo',
      'https://a.example/',
      'https://a.example:443',
      'HTTPS://a.example',
      '*,https://a.example',
      'https://a.example,',
    ]) {
      expect(() => loadConfig({ ...needed, CORS_ORIGIN })).to.throw(ConfigError, 'CORS_ORIGIN must be * or a comma list of origins');
    }
    const CORS_ORIGIN = ['https://a.example', 'http://localhost:5173', 'http://[::1]:3000', 'capacitor://localhost'];
    expect(loadConfig({ ...needed, CORS_ORIGIN: CORS_ORIGIN.join(', ') })).to.deep.include({ CORS_ORIGIN });
    expect(loadConfig(needed)).to.include({ CORS_ORIGIN: '*', RATE_LIMIT_GENERAL: 100, RATE_LIMIT_SWITCH: 10, RATE_LIMIT_SOCKET: 50 });
    expect(loadConfig(needed)).to.include({ LIMIT_CONNECTIONS_PER_ADDRESS: 0, LIMIT_SOCKETS_PER_SESSION: 0, LIMIT_SESSIONS_PER_OWNER: 0 });
  });

  it('Q-25 the limits of connections, sockets and sessions are off by default', async () => {
    const app = await cluster.instance();
    const players = await Promise.all(Array.from({ length: 30 }, () => cluster.client(app)));
    const { session_id } = (await players[0]?.ok('session:create', chess())) ?? { session_id: '' };
    await Promise.all(players.map((player) => player.ok('session:join', { session_id })));
    await Promise.all(players.map((player) => player.ok('session:create', chess())));
  });
});
