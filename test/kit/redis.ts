import type { Cluster, Redis } from 'ioredis';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis, type RedisClient, whenReady } from '../../server/store/connection.ts';

/** Redis' KEYS, over all masters. Slow; for tests. */
export async function keysLike(redis: RedisClient, pattern: string): Promise<string[]> {
  return (await Promise.all((await mastersOf(redis)).map((node) => node.keys(pattern)))).flat();
}

/** The servers that hold what is in Redis: of a cluster all masters. */
export async function mastersOf(redis: RedisClient): Promise<Redis[]> {
  // A cluster knows its nodes when it has asked one.
  await whenReady(redis);
  return redis.isCluster ? (redis as Cluster).nodes('master') : [redis as Redis];
}

/**
 * A connection to look into Redis, or to spoil what is there; it waits for Redis as long as it takes. Whoever opens it
 * disconnects it.
 */
export function lookInto(url: string): RedisClient {
  return connectRedis(url, 'blocking', 'test', createLogger('silent', 'test'));
}
