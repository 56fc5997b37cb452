import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { freshPrefix, migrate, startOwnPostgres, startOwnRedis } from '../kit/services.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { endAll, type Logged, startLogged } from './logged.ts';

const REDIS_SECRET = 'r3dis-pass-DO-NOT-LOG';
const ADMIN_SECRET = 'adm1n-pass-DO-NOT-LOG';
const JWT_SECRET = 'jwt-signing-key-DO-NOT-LOG-0123456789abcdef';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.DO-NOT-LOG.signature';

/** As pino numbers it. */
const WARNING = 40;
/** What an instance says of a machine that is too busy to run it. */
const BUSY = /event loop is blocked|there was an outage/;

interface Line {
  level: number;
  msg: string;
  request?: string;
  socket?: string;
  session?: string;
  command?: string;
  outcome?: string;
  err?: { message?: string };
}

describe('logs', () => {
  let redis: { url: string; admin: Redis; prefix: string };
  /** One for all tests, until one of them kills it. */
  let postgres: Awaited<ReturnType<typeof startOwnPostgres>> | undefined;
  let secrets: string[];
  let settings: Record<string, string>;

  beforeEach(async () => {
    const server = await startOwnRedis();
    const admin = new Redis(server.url, { maxRetriesPerRequest: null });
    await admin.call('ACL', 'SETUSER', 'app', 'on', `>${REDIS_SECRET}`, '~*', '&*', '+@all');
    redis = { url: server.url.replace('redis://', `redis://app:${REDIS_SECRET}@`), admin, prefix: freshPrefix() };
    if (postgres === undefined) {
      postgres = await startOwnPostgres();
      await migrate(postgres.url);
    }
    const databaseUrl = postgres.url;
    secrets = [REDIS_SECRET, ADMIN_SECRET, JWT_SECRET, 'DO-NOT-LOG', new URL(databaseUrl).password];
    settings = {
      LOG_LEVEL: 'trace',
      REDIS_URL: redis.url,
      DATABASE_URL: databaseUrl,
      KEY_PREFIX: redis.prefix,
      ADMIN_USER: 'operator',
      ADMIN_PASSWORD: ADMIN_SECRET,
      JWT_SECRET,
    };
  });
  afterEach(async () => {
    redis.admin.disconnect();
    await endAll();
  });
  after(() => postgres?.stop());

  const lines = (logged: Logged): Line[] =>
    logged
      .said()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Line] : []));
  const hasNoSecret = (logged: Logged) => {
    for (const secret of secrets) {
      for (const form of [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64'),
        Buffer.from(`operator:${secret}`).toString('base64'),
      ]) {
        const at = logged.said().indexOf(form);
        expect(at === -1 ? '' : logged.said().slice(Math.max(0, at - 300), at), `before ${form}`).to.equal('');
      }
    }
  };
  const instance = async () => {
    const logged = await startLogged('main', settings);
    return { logged, url: await logged.line(/"url":"(http[^"]+)"/) };
  };

  it('M-20 a line of the log names the request or socket, and the session, that it is about', async () => {
    const { logged, url } = await instance();
    const player = await TestClient.connect(url);
    const { session_id } = await player.ok('session:create', chess());
    const socket = player.socket.id;
    await rest({ url }, 'GET', `/v1/sessions/${session_id}`, undefined, { 'x-request-id': 'request-7' });
    await redis.admin.hset(createKeys(redis.prefix).session('spoilt').session, 'no', 'text');
    await rest({ url }, 'GET', '/v1/sessions/spoilt', undefined, { 'x-request-id': 'request-8' });
    await player.refused('INTERNAL_ERROR', 'session:get', { session_id: 'spoilt' });
    player.close();
    await logged.line(/"(socket disconnected)"/);
    const said = lines(logged);
    const find = (fields: Partial<Line>) =>
      said.filter((line) => Object.entries(fields).every(([key, value]) => line[key as keyof Line] === value));
    for (const fields of [
      { msg: 'socket connected', socket },
      { msg: 'socket disconnected', socket },
      { msg: 'command', socket, session: session_id, command: 'session:create', outcome: 'ok' },
      { msg: 'command', request: 'request-7', session: session_id, command: 'session:get' },
      { msg: 'request', request: 'request-7', session: session_id },
      { msg: 'command failed', request: 'request-8', session: 'spoilt' },
      { msg: 'command failed', socket, session: 'spoilt' },
    ]) {
      expect(find(fields as Partial<Line>), JSON.stringify(fields)).to.have.lengthOf(1);
    }
    expect(find({ msg: 'command failed' })[0]?.err?.message).to.match(/^WRONGTYPE/);
    // Errors of Redis carry what was sent.
    expect(logged.said()).not.to.contain('"args"');
  });

  it('M-21 no secret appears in the log, whatever succeeds or fails', async () => {
    const { logged, url } = await instance();
    const at = { url };
    const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}` });
    const headers = { authorization: `Bearer ${TOKEN}`, cookie: `token=${TOKEN}` };
    const player = await TestClient.connect(`${url}/?token=${TOKEN}`, { headers });
    await player.ok('session:create', chess());
    await player.raw('session:get', { session_id: 'x', token: TOKEN });
    await player.raw(`unknown`, { token: TOKEN });
    for (const path of ['/v1/sessions/x', '/nowhere', '/%zz', '/v1/time', '/admin/queues']) {
      await new Promise<void>((resolve, reject) => {
        const sent = request(`${url}${path}?token=${TOKEN}&access_token=${TOKEN}`, { headers }, (response) =>
          response.resume().on('end', resolve),
        );
        sent.on('error', reject).end();
      });
    }
    await rest(at, 'POST', '/v1/sessions', `{"token": "${TOKEN}`, headers);
    await rest(at, 'GET', '/admin/queues', undefined, basic(ADMIN_SECRET));
    await rest(at, 'GET', '/admin/queues', undefined, basic(`${ADMIN_SECRET}-wrong`));
    await redis.admin.hset(createKeys(redis.prefix).session('spoilt').session, 'no', 'text');
    await player.refused('INTERNAL_ERROR', 'session:get', { session_id: 'spoilt' });
    // PostgreSQL goes: whatever asks it fails with its address at hand.
    await postgres?.kill();
    postgres = undefined;
    await rest(at, 'GET', '/v1/sessions/nobody-knows');
    await rest(at, 'POST', '/v1/sessions', chess());
    // The password is changed in Redis, so each reconnection fails with an error that holds the AUTH command.
    await redis.admin.call('ACL', 'SETUSER', 'app', 'resetpass', '>another-one');
    await redis.admin.call('CLIENT', 'KILL', 'USER', 'app');
    await logged.line(/(WRONGPASS)/);
    await player.refused('SERVICE_UNAVAILABLE', 'session:create', chess());
    player.close();
    logged.child.kill('SIGTERM');
    await until('it has ended', async () => logged.child.exitCode !== null);
    hasNoSecret(logged);
  }).timeout(60_000);

  it('M-22 a process that does not start prints no secret', async () => {
    const wrong = settings['REDIS_URL']?.replace(REDIS_SECRET, `${REDIS_SECRET}-wrong`) ?? '';
    for (const [entry, change] of [
      ['main', { REDIS_URL: wrong }],
      ['main', { REDIS_URL: `http://app:${REDIS_SECRET}@127.0.0.1` }],
      ['main', { DATABASE_URL: `mysql://app:${REDIS_SECRET}@127.0.0.1/x` }],
      ['worker', { REDIS_URL: wrong }],
    ] as const) {
      const attempt = await startLogged(entry, { ...settings, ...change });
      if (entry === 'worker') {
        await attempt.line(/(WRONGPASS)/);
        attempt.child.kill('SIGTERM');
      }
      await until('it has ended', async () => attempt.child.exitCode !== null, 30_000);
      expect(attempt.said()).not.to.equal('');
      hasNoSecret(attempt);
    }
  }).timeout(120_000);

  it('M-24 a client that leaves before it is answered is not logged as a warning', async () => {
    const { logged, url } = await instance();
    const { port, hostname } = new URL(url);
    const warnings = () => lines(logged).filter(({ level, msg }) => level >= WARNING && !BUSY.test(msg));
    const before = warnings();
    for (let client = 0; client < 10; client++) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      // Several answers under way: one of them is being written when the connection is gone.
      socket.write(`GET /v1/openapi.json HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`.repeat(20));
      await once(socket, 'data');
      socket.resetAndDestroy();
    }
    await logged.line(/"(a client left before it was answered)"/);
    expect(warnings()).to.deep.equal(before);
  });

  it('M-23 an error that nothing caught is logged like any other, without the fields that a client library adds to it', async () => {
    const logged = await startLogged('crash', { LOG_LEVEL: 'info', SECRET: REDIS_SECRET });
    await until('it has ended', async () => logged.child.exitCode !== null);
    expect(logged.child.exitCode).to.equal(1);
    expect(lines(logged).map(({ msg, err }) => [msg, err?.message])).to.deep.equal([['crashed', 'nobody caught this']]);
    hasNoSecret(logged);
  });
});
