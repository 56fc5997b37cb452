import { readFacts, splitStored, type StoredFacts, writeFacts } from '../../server/store/codec.ts';
import type { RedisClient } from '../../server/store/connection.ts';

/** The facts that Redis has of a session beside its state, read past the server. */
export async function factsIn(redis: RedisClient, key: string): Promise<StoredFacts> {
  return readFacts(splitStored(await redis.get(key))[0] ?? '');
}

/** The text of the state that Redis has of a session; '' where it has none. */
export async function stateIn(redis: RedisClient, key: string): Promise<string> {
  return splitStored(await redis.get(key))[1] ?? '';
}

/** Changes what Redis has of a session behind everybody's back. Another token, unless one is given: no instance may go on with what it remembers. */
export async function tamper(redis: RedisClient, key: string, changes: Partial<StoredFacts>, state?: string): Promise<void> {
  const facts = writeFacts({ ...(await factsIn(redis, key)), tokens: 'another-commit', ...changes });
  await redis.set(key, `${facts}\n${state ?? (await stateIn(redis, key))}`, 'KEEPTTL');
}
