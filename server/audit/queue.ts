import { createHash } from 'node:crypto';
import { type JobsOptions, Queue } from 'bullmq';
import type { Logger } from '../observability/logger.ts';
import type { RedisClient } from '../store/connection.ts';
import { within } from '../util/within.ts';
import type { QueuedEvent } from './rows.ts';

export const QUEUE_NAME = 'audit';
const JOB_NAME = 'events';

/**
 * What a job carries: some events, oldest first within a session. After a refusal only the refused ones are left in it.
 */
export interface AuditJob {
  events: QueuedEvent[];
}

export type AuditQueue = Queue<AuditJob>;

/** A run of outbox entries of one partition, without a gap. */
export interface Segment {
  partition: number;
  ids: string[];
}

/** Some of the oldest events, from one partition or several. */
export interface Batch {
  segments: Segment[];
  events: QueuedEvent[];
  /** Unix ms at which the oldest of them happened; infinite when none can be read. */
  oldest: number;
}

const CLOSE_DEADLINE_MS = 1_000;

/** Before the second attempt, ms; each further one waits twice as long. */
const RETRY_DELAY_MS = 2_000;

function jobOptions(retryDelayMs: number): JobsOptions {
  return {
    attempts: 5,
    backoff: { type: 'exponential', delay: retryDelayMs },
    removeOnComplete: true,
    // A job that failed for good is kept with its cause until an operator has looked at it.
    removeOnFail: false,
  };
}

/** The prefix of all keys of the queue; its braces keep them on one node of a cluster, as BullMQ's scripts need. */
export function queuePrefix(keyPrefix: string): string {
  return `{${keyPrefix}}`;
}

/** The producer's side of the queue. `redis` should fail fast: a relay that waits can't give its lease to another. */
export function openQueue(redis: RedisClient, keyPrefix: string, logger: Logger, retryDelayMs = RETRY_DELAY_MS): AuditQueue {
  const queue: AuditQueue = new Queue(QUEUE_NAME, {
    connection: redis,
    // The check may fail once, after which the queue would be broken for good.
    skipVersionCheck: true,
    prefix: queuePrefix(keyPrefix),
    defaultJobOptions: jobOptions(retryDelayMs),
  });
  // The connection logs its own errors.
  queue.on('error', (error) => logger.debug({ err: error }, 'audit queue error'));
  return queue;
}

/** Ends the use of a queue; its connection stays the caller's. Never rejects, and takes at most a second. */
export async function closeQueue(queue: AuditQueue, logger: Logger): Promise<void> {
  const closed = queue.close().catch((error: unknown) => logger.debug({ err: error }, 'closing the audit queue failed'));
  await within(CLOSE_DEADLINE_MS, closed, () => {});
}

/** Puts a batch into the queue; one that is there already is left as it is. A job counts as old as its oldest event. */
export async function enqueue(queue: AuditQueue, { segments, events, oldest }: Batch): Promise<void> {
  await queue.add(JOB_NAME, { events }, { jobId: jobId(segments), ...(Number.isFinite(oldest) ? { timestamp: oldest } : {}) });
}

/**
 * The id of a job that carries these segments. BullMQ ignores a job whose id it has already, so the id must stand for
 * exactly these entries: a relay that died between adding and removing may read the same beginning again with more
 * entries behind it.
 */
export function jobId(segments: Segment[]): string {
  const content = segments.map(({ partition, ids }) => `${partition} ${ids[0]} ${ids.at(-1)}`).join('\n');
  return `events-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
}
