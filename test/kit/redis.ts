import type { Cluster, Redis } from 'ioredis';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis, type RedisClient } from '../../server/store/connection.ts';

/** Redis' KEYS, over all masters. Slow; for tests. */
export async function keysLike(redis: RedisClient, pattern: string): Promise<string[]> {
  const nodes = redis.isCluster ? (redis as Cluster).nodes('master') : [redis as Redis];
  return (await Promise.all(nodes.map((node) => node.keys(pattern)))).flat();
}

/** A connection to look into Redis, or to spoil what is there; it waits for Redis as long as it takes. Whoever opens it disconnects it. */
export function lookInto(url: string): RedisClient {
  return connectRedis(url, 'blocking', 'test', createLogger('silent', 'test'));
}
