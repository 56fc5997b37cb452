import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { batchCommands } from '../../server/store/batched-commands.ts';
import { connectRedis, type RedisClient, whenReady } from '../../server/store/connection.ts';
import { silent } from '../audit/kit.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { freshPrefix, oneRedisUrl, redisUrl } from '../kit/services.ts';
import { patientTimeout } from '../../server/util/patient-timeout.ts';

/** Longer than a command may take. */
const BLOCK_MS = 1_300;

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('an event loop that was blocked for longer than a command may take', () => {
  let redis: RedisClient;
  let lost: number;
  const key = freshPrefix();
  before(async () => {
    redis = connectRedis(await redisUrl(), 'commands', 'test', silent);
    await whenReady(redis);
    batchCommands(redis);
    lost = 0;
    redis.on('close', () => (lost += 1));
    await redis.set(key, 'there');
  });
  after(() => redis.disconnect());

  it('O-12 a blocked event loop finds the answer to a command that was sent before', async () => {
    const answer = redis.get(key);
    block(BLOCK_MS);
    expect(await answer).to.equal('there');
  });

  it('O-12 a blocked event loop finds the answer to a command that was sent only afterwards', async () => {
    const answers = [redis.get(key), redis.get(key), redis.multi().get(key).exec()];
    block(BLOCK_MS);
    expect(await Promise.all(answers)).to.deep.equal(['there', 'there', [[null, 'there']]]);
  });

  it('O-12 an event loop that is blocked again after one turn finds the answer too', async () => {
    const answers = [redis.get(key), redis.get(key)];
    block(BLOCK_MS);
    await nextTurn();
    block(BLOCK_MS);
    expect(await Promise.all(answers)).to.deep.equal(['there', 'there']);
  });

  it('O-12 a blocked event loop loses no connection', () => {
    expect(lost).to.equal(0);
  });

  it('O-13 a connection to a Redis that does not answer is still given up', async () => {
    const proxy = await RedisProxy.before(await oneRedisUrl());
    const slow = connectRedis(proxy.url, 'commands', 'test', silent);
    try {
      await whenReady(slow);
      proxy.backMs = 5_000;
      const failed = await slow.get(key).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(Error).with.property('message', 'Command timed out');
    } finally {
      slow.disconnect();
      await proxy.close();
    }
  });

  it('O-12 every other time-out also waits for one more turn of the event loop', async () => {
    const happened: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      patientTimeout(
        BLOCK_MS / 2,
        (next) => (timer = next),
        () => {
          happened.push('gave up');
          resolve();
        },
      );
    });
    const answer = redis.get(key).then(() => happened.push('answered'));
    block(BLOCK_MS);
    await Promise.all([over, answer]);
    clearTimeout(timer);
    expect(happened).to.deep.equal(['answered', 'gave up']);
  });
});
