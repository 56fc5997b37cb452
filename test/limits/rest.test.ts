import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { keysLike } from '../kit/redis.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const from = (address: string) => ({ 'x-forwarded-for': address });

describe('requests of an address', () => {
  let cluster: Cluster;
  const open = async (settings: Record<string, string>, clusterSettings = {}) => {
    cluster = await openCluster(clusterSettings);
    return cluster.instance(settings);
  };
  afterEach(() => cluster.close());

  it('Q-1 an address is limited to so many requests a minute, and every answer tells what is left', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '3' });
    for (const left of [2, 1, 0]) {
      const { status, headers } = await rest(app, 'GET', '/v1/time');
      expect([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).to.deep.equal([200, '3', String(left)]);
      expect(Number(headers.get('ratelimit-reset'))).to.be.within(1, 60);
      expect(headers.get('retry-after')).to.equal(null);
    }
    const refused = await rest(app, 'POST', '/v1/sessions', chess(), { origin: 'https://chess.example' });
    expect(refused.status).to.equal(429);
    const reply = refused.reply();
    if (reply.ok) throw new Error('not refused');
    expect(reply.error).to.include({ code: 'RATE_LIMIT_EXCEEDED', retryable: true });
    const { retry_after_ms } = reply.error.details as { retry_after_ms: number };
    expect(retry_after_ms).to.be.within(1, 60_001);
    expect(Number(refused.headers.get('retry-after'))).to.equal(Math.ceil(retry_after_ms / 1_000));
    expect(refused.headers.get('ratelimit-remaining')).to.equal('0');
    expect(refused.headers.get('access-control-allow-origin')).to.equal('https://chess.example');
    expect(refused.headers.get('access-control-expose-headers')).to.match(/Retry-After.*RateLimit-Reset/);
    const metrics = (await rest(app, 'GET', '/metrics')).text;
    expect(metrics).to.include('synckairos_rate_limited_total{limit="general"} 1');
  });

  it('Q-2 /v1 and /time count in every spelling; probes, metrics, other paths and preflights do not', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '8' });
    for (const path of ['/health', '/ready', '/metrics', '/', '/nowhere', '/v10', '/timetable']) {
      for (let i = 0; i < 3; i++) expect((await rest(app, 'GET', path)).headers.get('ratelimit-limit'), path).to.equal(null);
    }
    const preflight = { origin: 'https://chess.example', 'access-control-request-method': 'POST' };
    expect((await rest(app, 'OPTIONS', '/v1/sessions', undefined, preflight)).headers.get('ratelimit-limit')).to.equal(null);
    for (const path of ['/time', '/TIME/', '/v1/time', '/V1/Time', '/v1/nowhere', '/v1', '/v1/sessions/%', '/v1/sessions/x']) {
      expect((await rest(app, 'GET', path)).headers.get('ratelimit-limit'), path).to.equal('8');
    }
    expect((await rest(app, 'GET', '/Time')).status).to.equal(429);
    expect((await rest(app, 'GET', '/health')).status).to.equal(200);
  });

  it('Q-3 all instances count together, and the count ends with its minute', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '4' });
    const other = await cluster.instance({ RATE_LIMIT_GENERAL: '4' });
    for (const instance of [app, other, app, other]) expect((await rest(instance, 'GET', '/time')).status).to.equal(200);
    for (const instance of [app, other]) expect((await rest(instance, 'GET', '/time')).status).to.equal(429);
    const redis = cluster.redis();
    const keys = await keysLike(redis, `${cluster.settings.KEY_PREFIX}:rl/*`);
    expect(keys).to.deep.equal([`${cluster.settings.KEY_PREFIX}:rl/127.0.0.1`]);
    expect(await redis.pttl(keys[0] ?? '')).to.be.within(1, 60_000);
  });

  it('Q-4 behind a trusted proxy each client has its own limit, and nobody gets another one by inventing a header', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '1', TRUST_PROXY: 'true' });
    const status = async (address: string) => (await rest(app, 'GET', '/time', undefined, from(address))).status;
    expect(await status('203.0.113.1')).to.equal(200);
    expect(await status('203.0.113.2')).to.equal(200);
    expect(await status('203.0.113.1')).to.equal(429);
    expect(await status('198.51.100.7, 203.0.113.1')).to.equal(429);
    expect(await status('::ffff:203.0.113.2')).to.equal(429);
  });

  it('Q-4 an IPv6 network of /64 is one client, however its addresses are written', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '1', TRUST_PROXY: 'true' });
    const status = async (address: string) => (await rest(app, 'GET', '/time', undefined, from(address))).status;
    expect(await status('2001:db8:1:2::1')).to.equal(200);
    for (const same of ['2001:0db8:0001:0002:ffff:1:2:3', '2001:DB8:1:2::', '2001:db8:1:2:3:4:192.0.2.1']) {
      expect(await status(same), same).to.equal(429);
    }
    for (const another of ['2001:db8:1:3::1', '2001:db8::1', '::1']) expect(await status(another), another).to.equal(200);
  });

  it('Q-4 without a trusted proxy the header is ignored', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '1' });
    expect((await rest(app, 'GET', '/time', undefined, from('203.0.113.1'))).status).to.equal(200);
    expect((await rest(app, 'GET', '/time', undefined, from('203.0.113.2'))).status).to.equal(429);
  });

  it('Q-5 while Redis is slow no request waits for a limit, and each instance counts by itself', async () => {
    const proxy = await RedisProxy.before(await oneRedisUrl());
    try {
      const app = await open({ RATE_LIMIT_GENERAL: '3' }, { REDIS_URL: proxy.url });
      proxy.backMs = 2_500;
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push((await rest(app, 'GET', '/time')).status);
      expect(answers).to.deep.equal([200, 200, 200, 429]);
      proxy.backMs = 0;
    } finally {
      await cluster.close();
      await proxy.close();
    }
  });

  const heavy = () =>
    chess({
      sync_mode: 'global',
      total_time_ms: 3_600_000,
      participants: Array.from({ length: 1_000 }, (_, n) => ({ participant_id: String(n).padStart(128, 'x') })),
    });
  /** What is left of the limit, once it has been counted what earlier requests moved. */
  const leftOf = async (app: { url: string }) => Number((await rest(app, 'GET', '/v1/time')).headers.get('ratelimit-remaining'));

  it('Q-59 a request counts as several by the bytes that it moved, refused or not; the next answer tells it', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '100' });
    const small = chess();
    for (const [method, path, body] of [
      ['POST', '/v1/sessions', small],
      ['POST', `/v1/sessions/${small.session_id}/start`, {}],
      ['POST', `/v1/sessions/${small.session_id}/switch`, {}],
      ['GET', `/v1/sessions/${small.session_id}`, undefined],
    ] as const) {
      expect((await rest(app, method, path, body)).status).to.be.oneOf([200, 201]);
    }
    // Where Redis is late, the instance counts by itself and has seen less.
    expect(await leftOf(app), 'small ones cost one').to.be.at.least(95);
    const large = heavy();
    expect((await rest(app, 'POST', '/v1/sessions', large)).status).to.equal(201);
    const used = async (work: () => Promise<number>, status: number) => {
      const before = await leftOf(app);
      expect(await work()).to.equal(status);
      let asked = 0;
      // Its own, and a further one at least.
      return until('it is counted', async () => {
        asked += 1;
        const cost = before - (await leftOf(app)) - asked;
        return cost >= 2 ? cost : undefined;
      });
    };
    const { session_id } = large;
    await used(async () => (await rest(app, 'POST', `/v1/sessions/${session_id}/adjust`, { delta_ms: 1 })).status, 200);
    const refused = { ...large, surplus: 'x'.repeat(600_000) };
    await used(async () => (await rest(app, 'POST', '/v1/sessions', refused)).status, 400);
  });

  it('Q-59 an address that has moved more than a minute’s worth of bytes waits for the next minute', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '12' });
    const large = heavy();
    const answers = [(await rest(app, 'POST', '/v1/sessions', large)).status];
    for (let n = 0; n < 8; n++) answers.push((await rest(app, 'POST', `/v1/sessions/${large.session_id}/adjust`, { delta_ms: 1 })).status);
    expect(answers[0]).to.equal(201);
    expect(answers[1]).to.equal(200);
    expect(answers.at(-1), 'nine requests of twelve').to.equal(429);
  });

  it('Q-6 a limit of 0 is switched off', async () => {
    const app = await open({ RATE_LIMIT_GENERAL: '0' });
    for (let i = 0; i < 120; i++) {
      const { status, headers } = await rest(app, 'GET', '/time');
      expect([status, headers.get('ratelimit-limit')]).to.deep.equal([200, null]);
    }
  });
});
