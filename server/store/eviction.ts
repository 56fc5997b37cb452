import type { Cluster, Redis } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RedisClient } from './connection.ts';

const INTERVAL_MS = 60_000;

/**
 * Checks now and once a minute whether Redis may evict keys when its memory is full: running sessions and unrecorded
 * events could be among them. The metric counts the servers that may; the log warns when the first one does. A server
 * that does not tell its policy counts as one that evicts nothing.
 */
export async function watchEviction(redis: RedisClient, logger: Logger, metrics: Metrics): Promise<{ close(): void }> {
  let warned = false;
  const look = async () => {
    const servers = redis.isCluster ? (redis as Cluster).nodes('master') : [redis as Redis];
    const answers = await Promise.allSettled(servers.map((server) => server.info('memory')));
    const policies = answers.flatMap((answer) => (answer.status === 'fulfilled' ? evictingPolicies(answer.value) : []));
    metrics.redisEvicting.set(policies.length);
    if (policies.length > 0 && !warned) {
      logger.warn({ policy: policies[0] }, 'Redis may evict running sessions when its memory is full: set maxmemory-policy noeviction');
    }
    warned = policies.length > 0;
  };
  await look();
  const looking = setInterval(() => void look(), INTERVAL_MS).unref();
  return { close: () => clearInterval(looking) };
}

/** The eviction policy that INFO names; none if memory is not limited or nothing is evicted. */
export function evictingPolicies(info: string): string[] {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  const isLimited = Number(/^maxmemory:(\d+)/m.exec(info)?.[1]) > 0;
  return isLimited && policy !== undefined && policy !== 'noeviction' ? [policy] : [];
}
