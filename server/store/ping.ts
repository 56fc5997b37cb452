import { PARTITIONS } from '../domain/partitions.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';

/**
 * Whether Redis answers on this connection. Of a cluster each partition is asked for, by which commands go: `degraded`
 * while some are answered for and some are not. What is in the others goes on then, and no other instance could serve
 * the rest.
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
