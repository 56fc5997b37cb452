import { PARTITIONS } from '../domain/partitions.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';

/**
 * Whether Redis answers on this connection. In a cluster every partition is asked: `degraded` if only some answer.
 * Sessions of the others are still served then, and no other instance could serve more.
 */
export async function ping(redis: RedisClient, keyPrefix: string): Promise<'ok' | 'degraded' | 'down'> {
  const keys = createKeys(keyPrefix);
  const questions = redis.isCluster
    ? Array.from({ length: PARTITIONS }, (_, partition) => redis.exists(keys.partition(partition).dueSet))
    : [redis.ping()];
  const outcomes = await Promise.allSettled(questions);
  const answers = outcomes.filter(({ status }) => status === 'fulfilled').length;
  if (answers === 0) return 'down';
  return answers === outcomes.length ? 'ok' : 'degraded';
}
