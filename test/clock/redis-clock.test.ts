import { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { RedisClock } from '../../server/engine/clock.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { createMetrics, type Metrics } from '../../server/observability/metrics.ts';
import { connectRedis, type RedisClient, whenReady } from '../../server/store/connection.ts';
import { timeAt } from '../../server/store/time.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { redisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const silent = createLogger('silent', 'test');

describe('the clock that follows Redis', () => {
  let proxy: RedisProxy;
  let direct: RedisClient;
  let followed: RedisClient;
  let clock: RedisClock;
  let metrics: Metrics;
  let logged: string[];

  beforeEach(async () => {
    proxy = await RedisProxy.before(await redisUrl());
    direct = connectRedis(await redisUrl(), 'commands', 'truth', silent);
    followed = connectRedis(proxy.url, 'commands', 'followed', silent);
    await Promise.all([direct, followed].map(whenReady));
    metrics = createMetrics();
    logged = [];
    const lines = new Writable({
      write: (line: Buffer, _encoding, done) => {
        logged.push(line.toString());
        done();
      },
    });
    clock = new RedisClock(() => timeAt(followed, 'clock'), pino({ level: 'error' }, lines), metrics);
  });

  afterEach(async () => {
    await clock.close();
    for (const redis of [direct, followed]) redis.disconnect();
    await proxy.close();
  });

  /**
   * How far the clock is from that of Redis at least, beyond what it says itself, in ms: never more than 0 if the bound
   * is one.
   */
  const beyondBound = async (): Promise<number> => {
    const sent = { at: clock.now(), bound: clock.errorBound() };
    const [seconds, microseconds] = await direct.time();
    const truth = Number(seconds) * 1000 + Number(microseconds) / 1000 + proxy.jumpMs;
    // Redis looked at some instant between these two; samples in between may have moved the clock.
    const early = sent.at - sent.bound - truth;
    const late = truth - (clock.now() + clock.errorBound());
    return Math.max(early, late);
  };
  const worstOf = async (ms: number, each: () => void = () => {}): Promise<number> => {
    let worst = Number.NEGATIVE_INFINITY;
    for (const end = performance.now() + ms; performance.now() < end; await wait(5)) {
      each();
      worst = Math.max(worst, await beyondBound());
    }
    return worst;
  };
  const jumps = async () => (await metrics.clockJumps.get()).values[0]?.value ?? 0;

  it('K-1 the clock of an instance is within its bound of that of Redis, and the bound is about half a round trip', async () => {
    await clock.start();
    expect(await worstOf(400)).to.be.at.most(0);
    expect(clock.errorBound()).to.be.above(0).and.below(20);
  });

  for (const [thereMs, backMs] of [
    [0, 40],
    [40, 0],
    [25, 5],
  ] as const) {
    it(`K-2 the clock of an instance stays within its bound where requests take ${thereMs} ms and replies ${backMs} ms`, async () => {
      Object.assign(proxy, { thereMs, backMs });
      await clock.start();
      expect(await worstOf(300)).to.be.at.most(0);
      expect(clock.errorBound()).to.be.at.least((thereMs + backMs) / 2 - 1);
    });
  }

  it('K-2 the clock of an instance stays within its bound while delays come and go', async () => {
    await clock.start();
    let turn = 0;
    const worst = await worstOf(1_000, () => {
      turn += 1;
      proxy.thereMs = (turn * 7) % 30;
      proxy.backMs = (turn * 13) % 50;
    });
    expect(worst).to.be.at.most(0);
  });

  it('K-3 the clock of an instance keeps its best sample while the connection to Redis is slow', async () => {
    await clock.start();
    const before = clock.errorBound();
    proxy.backMs = 200;
    await wait(600);
    expect(clock.errorBound()).to.be.below(Math.max(before + 5, 50));
    expect(await beyondBound()).to.be.at.most(0);
  });

  it('K-4 the clock of an instance goes on while Redis does not answer, with a growing bound', async () => {
    await clock.start();
    const before = clock.errorBound();
    followed.disconnect(true);
    proxy.backMs = 5_000;
    await wait(500);
    expect(clock.errorBound()).to.be.above(before);
    expect(await beyondBound()).to.be.at.most(0);
  });

  for (const jumpMs of [5_000, -5_000, 1_500, -200]) {
    it(`K-5 a jump of the clock of Redis by ${jumpMs} ms is logged, counted and followed`, async () => {
      await clock.start();
      proxy.jumpMs = jumpMs;
      await until('the jump is counted', async () => (await jumps()) === 1);
      expect(await beyondBound()).to.be.at.most(0);
      expect(logged.map((line) => (JSON.parse(line) as { jump_ms: number }).jump_ms)).to.have.length(1);
      expect((JSON.parse(logged[0] ?? '') as { jump_ms: number }).jump_ms).to.be.within(jumpMs - 5, jumpMs + 5);
      expect(await worstOf(300), 'and holds its bound again').to.be.at.most(0);
      expect(await jumps()).to.equal(1);
    });
  }

  it('K-5 the clock of an instance follows small steps forward without reporting them as jumps', async () => {
    await clock.start();
    proxy.jumpMs = 300;
    await until('it has followed', async () => (await beyondBound()) <= 0);
    expect(await worstOf(300)).to.be.at.most(0);
    expect(await jumps()).to.equal(0);
  });

  it('K-6 metrics show the clock’s offset from the wall clock and its bound', async () => {
    proxy.jumpMs = 60_000;
    await clock.start();
    const offset = (await metrics.clockOffset.get()).values[0]?.value ?? 0;
    expect(offset).to.be.within(59_000, 61_000);
    expect((await metrics.clockErrorBound.get()).values[0]?.value).to.be.within(0, 100);
  });
});
