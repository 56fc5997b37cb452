import type { Cluster, Redis } from 'ioredis';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis, type RedisClient, whenReady } from '../../server/store/connection.ts';

/** Redis' KEYS, over all masters. Slow; for tests. */
export async function keysLike(redis: RedisClient, pattern: string): Promise<string[]> {
  return (await Promise.all((await mastersOf(redis)).map((node) => node.keys(pattern)))).flat();
}

/** The servers that hold the keys: all masters of a cluster, else the one server. */
export async function mastersOf(redis: RedisClient): Promise<Redis[]> {
  // A cluster client knows its nodes only after its first command.
  await whenReady(redis);
  return redis.isCluster ? (redis as Cluster).nodes('master') : [redis as Redis];
}

/**
 * A connection to read or corrupt what is in Redis; it waits for Redis as long as it takes. The caller disconnects it.
 */
export function lookInto(url: string): RedisClient {
  return connectRedis(url, 'blocking', 'test', createLogger('silent', 'test'));
}
