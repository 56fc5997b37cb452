import { readFacts, type StoredFacts, writeFacts } from '../../server/store/codec.ts';
import type { RedisClient } from '../../server/store/connection.ts';

/** The facts that Redis has of a session beside its state, read past the server. */
export async function factsIn(redis: RedisClient, key: string): Promise<StoredFacts> {
  return readFacts((await redis.hget(key, 'm')) ?? '');
}

/** Changes what Redis has of a session behind everybody's back. Another token, unless one is given: no instance may go on with what it remembers. */
export async function tamper(redis: RedisClient, key: string, changes: Partial<StoredFacts>, state?: string): Promise<void> {
  const facts = await factsIn(redis, key);
  await redis.hset(key, {
    m: writeFacts({ ...facts, tokens: 'another-commit', ...changes }),
    ...(state === undefined ? {} : { s: state }),
  });
}
