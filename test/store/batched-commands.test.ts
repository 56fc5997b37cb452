import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { batchCommands } from '../../server/store/batched-commands.ts';
import { startOwnRedis } from '../kit/services.ts';

describe('commands of one turn of the event loop', () => {
  let server: PrivateRedis;
  let redis: Redis;

  before(async () => {
    server = await startOwnRedis();
  });
  after(() => server.stop());

  beforeEach(async () => {
    redis = new Redis(server.url);
    batchCommands(redis);
    await once(redis, 'ready');
  });
  afterEach(() => redis.disconnect());

  /** How often the connection is held, for commands that follow one another at once; all of them are answered. */
  const held = async (count: number): Promise<number[]> => {
    const { stream } = redis as unknown as { stream: Socket };
    const counts: number[] = [];
    const answers = Array.from({ length: count }, async (_, n) => {
      const answer = redis.echo(String(n));
      counts.push(stream.writableCorked);
      return answer;
    });
    expect(await Promise.all(answers)).to.deep.equal(Array.from({ length: count }, (_, n) => String(n)));
    expect(stream.writableCorked).to.equal(0);
    return counts;
  };

  it('P-8 commands that follow while answers are outstanding are sent together, in order; a single one is sent at once', async () => {
    expect(await held(1)).to.deep.equal([0]);
    expect(await held(4)).to.deep.equal([0, 1, 1, 1]);
    expect(await held(1)).to.deep.equal([0]);
  });

  it('P-8 commands are sent together and in order after a reconnect too', async () => {
    redis.disconnect(true);
    await once(redis, 'ready');
    expect(await held(3)).to.deep.equal([0, 1, 1]);
  });
});
