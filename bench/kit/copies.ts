import { partitionOf } from '../../server/domain/partitions.ts';
import { createKeys } from '../../server/store/keys.ts';
import type { Redis } from 'ioredis';

const BATCH = 1_000;
const TTL_MS = 86_400_000;

/**
 * Puts copies of a session into Redis, with its deadline if it has one: a hundred thousand by commands would take
 * minutes. Resolves with their ids.
 */
export async function copySession(redis: Redis, keyPrefix: string, sessionId: string, prefix: string, count: number): Promise<string[]> {
  const keys = createKeys(keyPrefix);
  const original = await redis.get(keys.session(sessionId).session);
  const due = await redis.zscore(keys.partition(partitionOf(sessionId)).dueSet, sessionId);
  if (original === null) throw new Error('nothing to copy');
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  for (let from = 0; from < count; from += BATCH) {
    const pipeline = redis.pipeline();
    for (const id of ids.slice(from, from + BATCH)) {
      const { session, dueSet } = keys.session(id);
      pipeline.set(session, original.replaceAll(`"${sessionId}"`, `"${id}"`), 'PX', TTL_MS);
      if (due !== null) pipeline.zadd(dueSet, due, id);
    }
    const failed = (await pipeline.exec())?.find(([error]) => error !== null);
    if (failed !== undefined) throw new Error('not copied', { cause: failed[0] });
  }
  return ids;
}
