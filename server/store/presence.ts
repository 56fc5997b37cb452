import type { ChainableCommander } from 'ioredis';
import { partitionOf } from '../domain/partitions.ts';
import type { Presence } from '../engine/ports.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable, whatAnswers } from './reachable.ts';

/** When somebody was last connected to a session: a number beside it, kept for `keptMs`. */
export function createPresence(redis: RedisClient, keyPrefix: string, keptMs: number): Presence {
  const keys = createKeys(keyPrefix);
  return {
    mark: (sessionIds, now) =>
      reachable(async () => {
        // No pipeline may cross the nodes of a cluster.
        const pipelines = new Map<number, ChainableCommander>();
        for (const id of sessionIds) {
          const partition = partitionOf(id);
          const pipeline = pipelines.get(partition) ?? redis.pipeline();
          pipelines.set(partition, pipeline);
          pipeline.set(keys.session(id).seen, Math.floor(now), 'PX', keptMs);
        }
        if (pipelines.size > 0) await whatAnswers([...pipelines.values()].map((pipeline) => pipeline.exec()));
      }),
    last: (sessionId) => reachable(async () => Number(await redis.get(keys.session(sessionId).seen))),
  };
}
