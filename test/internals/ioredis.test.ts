import { once } from 'node:events';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { Command, Redis, type RedisOptions } from 'ioredis';
import { onStream, replaceTimeouts } from '../../server/internals/ioredis.ts';
import { patientTimeout } from '../../server/util/patient-timeout.ts';
import { oneRedisUrl } from '../kit/services.ts';

const MS = 100;

interface Waiting {
  ms: number;
  giveUp(): void;
}

describe('the private parts of ioredis', () => {
  let redis: Redis;
  let waiting: Waiting[];
  let rang: number;

  before(() => {
    replaceTimeouts((ms, keep, giveUp) => {
      waiting.push({ ms, giveUp });
      keep(setTimeout(() => (rang += 1), MS));
    });
  });
  // The other tests of this process go on with those of the service.
  after(() => replaceTimeouts(patientTimeout));
  const open = async (options: Pick<RedisOptions, 'commandTimeout' | 'socketTimeout' | 'retryStrategy'>) => {
    [waiting, rang] = [[], 0];
    redis = new Redis(await oneRedisUrl(), { retryStrategy: () => null, ...options });
    redis.on('error', () => {});
    await once(redis, 'ready');
    waiting = [];
  };
  afterEach(() => redis.disconnect());
  /** Timers of one duration ring in the order in which they were set. */
  const afterThoseBefore = () => new Promise<void>((resolve) => void setTimeout(resolve, MS));

  it('R-97 a command of ioredis begins its time-out when it is sent, clears the timer when it is answered, and is rejected when it is given up', async () => {
    await open({ commandTimeout: 1_234 });
    expect(await redis.echo('x')).to.equal('x');
    expect(waiting.map(({ ms }) => ms)).to.deep.equal([1_234]);
    waiting[0]?.giveUp();
    const late = redis.blpop('nothing-there', 0).catch((error: unknown) => error);
    waiting[1]?.giveUp();
    expect(await late)
      .to.be.instanceOf(Error)
      .with.property('message', 'Command timed out');
    await afterThoseBefore();
    expect(rang).to.equal(0);
  });

  it('R-97 a command of ioredis knows whether it is settled', async () => {
    await open({});
    const command = new Command('echo', ['x'], { replyEncoding: 'utf8' });
    expect(command).to.have.property('isSettled', false);
    await redis.sendCommand(command);
    expect(command).to.have.property('isSettled', true);
  });

  it('R-97 a connection of ioredis begins its time-out when it owes an answer, clears the timer when it has read, and ends when it is given up', async () => {
    await open({ socketTimeout: 4_321 });
    expect(await redis.echo('x')).to.equal('x');
    expect(waiting.map(({ ms }) => ms)).to.deep.equal([4_321]);
    waiting[0]?.giveUp();
    expect(redis.status).to.equal('ready');
    await afterThoseBefore();
    expect(rang).to.equal(0);

    const lost = once(redis, 'error') as Promise<[Error]>;
    const late = redis.blpop('nothing-there', 0).catch((error: unknown) => error);
    waiting[1]?.giveUp();
    expect((await lost)[0].message).to.equal('no answer on a connection within 4321 ms');
    expect(await late).to.be.instanceOf(Error);
  });

  it('R-97 a connection of ioredis has a queue of what is sent and not answered, and a stream for each time that it connects', async () => {
    await open({ retryStrategy: () => 1 });
    const streams: Socket[] = [];
    const busy: (() => boolean)[] = [];
    onStream(redis, (stream, isBusy) => {
      streams.push(stream);
      busy.push(isBusy);
    });
    expect(streams[0]).to.be.instanceOf(Socket);
    expect(busy[0]?.()).to.equal(false);
    const answer = redis.echo('x');
    expect(busy[0]?.()).to.equal(true);
    await answer;
    expect(busy[0]?.()).to.equal(false);
    redis.disconnect(true);
    await once(redis, 'ready');
    expect(streams).to.have.lengthOf(2);
    expect(streams[1]).not.to.equal(streams[0]);
  });
});
