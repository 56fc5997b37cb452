import { partitionOf } from '../domain/partitions.ts';
import type { Outbox } from './outbox-port.ts';
import type { RedisClient } from '../store/connection.ts';
import type { AuditQueue } from './queue.ts';
import { instantOf } from './rows.ts';

export interface OnTheWay {
  queue: AuditQueue;
  /** Where the queue is. */
  redis: RedisClient;
  outbox: Outbox;
}

/**
 * Unix ms of the oldest event that is neither in the database nor in a failed job; infinite when there is none. Failed
 * jobs have a metric of their own: one of them would hide all other lag for ever.
 */
export async function oldestOnTheWay(onTheWay: OnTheWay): Promise<number> {
  return Math.min(...(await outboxInstants(onTheWay)), ...(await queueInstants(onTheWay)));
}

/**
 * All events of a session before this instant (Unix ms) are in the database. Infinite when nothing is on its way;
 * `-Infinity` while there is a job that failed for good, since it may hold any event. Rejects with Redis' error.
 */
export async function completeUntil({ queue, redis, outbox }: OnTheWay, sessionId: string): Promise<number> {
  // In the order in which events travel, so that none is missed.
  const waiting = await outbox.oldest(partitionOf(sessionId));
  const queued = await queueInstants({ queue, redis, outbox });
  if ((await queue.getFailedCount()) > 0) return -Infinity;
  return Math.min(waiting === null ? Infinity : instantOf(waiting), ...queued);
}

/** Instants of the oldest events of all partitions that can be read. */
async function outboxInstants({ outbox }: OnTheWay): Promise<number[]> {
  const looks = await Promise.allSettled(Array.from({ length: outbox.partitions }, (_, partition) => outbox.oldest(partition)));
  return looks.flatMap((look) => (look.status === 'fulfilled' && look.value !== null ? [instantOf(look.value)] : []));
}

/** Instants of all jobs that could hold the oldest event. */
async function queueInstants({ queue, redis }: OnTheWay): Promise<number[]> {
  const ids = [...(await queue.getRanges(['wait'], 0, 0, true)), ...(await queue.getRanges(['active', 'delayed'], 0, -1))];
  return Promise.all(ids.map(async (id) => Number((await redis.hget(queue.toKey(id), 'timestamp')) ?? Infinity)));
}
