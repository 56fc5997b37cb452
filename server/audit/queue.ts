import { createHash } from 'node:crypto';
import { type JobsOptions, Queue } from 'bullmq';
import type { Logger } from '../observability/logger.ts';
import type { RedisClient } from '../store/connection.ts';
import { within } from '../util/within.ts';
import type { QueuedEvent } from './rows.ts';

export const QUEUE_NAME = 'audit';
const JOB_NAME = 'events';

/**
 * The data of a job: some events, oldest first within a session. After a refusal only the refused events stay in it.
 */
export interface AuditJob {
  events: QueuedEvent[];
}

export type AuditQueue = Queue<AuditJob>;

/** Successive outbox entries of one partition, without a gap. */
export interface Segment {
  partition: number;
  ids: string[];
}

/** The events of one job, from one partition or several. */
export interface Batch {
  segments: Segment[];
  events: QueuedEvent[];
  /** Unix ms of the oldest of them; infinite when none can be read. */
  oldest: number;
}

const CLOSE_DEADLINE_MS = 1_000;

/** Pause before the second attempt, ms; it doubles with each further attempt. */
const RETRY_DELAY_MS = 2_000;

function jobOptions(retryDelayMs: number): JobsOptions {
  return {
    attempts: 5,
    backoff: { type: 'exponential', delay: retryDelayMs },
    removeOnComplete: true,
    // A failed job is kept with its cause until an operator has seen it.
    removeOnFail: false,
  };
}

/**
 * The prefix of all keys of the queue. Its braces (hash tag) keep them on one node of a cluster, as BullMQ's scripts
 * need.
 */
export function queuePrefix(keyPrefix: string): string {
  return `{${keyPrefix}}`;
}

/** Opens the producer's side of the queue. `redis` should fail fast: a relay that waits cannot release its lease. */
export function openQueue(redis: RedisClient, keyPrefix: string, logger: Logger, retryDelayMs = RETRY_DELAY_MS): AuditQueue {
  const queue: AuditQueue = new Queue(QUEUE_NAME, {
    connection: redis,
    // A failed version check would leave the queue unusable for good.
    skipVersionCheck: true,
    prefix: queuePrefix(keyPrefix),
    defaultJobOptions: jobOptions(retryDelayMs),
  });
  // The connection logs its own errors.
  queue.on('error', (error) => logger.debug({ err: error }, 'audit queue error'));
  return queue;
}

/** Closes a queue but not its connection. Never rejects, and takes at most a second. */
export async function closeQueue(queue: AuditQueue, logger: Logger): Promise<void> {
  const closed = queue.close().catch((error: unknown) => logger.debug({ err: error }, 'closing the audit queue failed'));
  await within(CLOSE_DEADLINE_MS, closed, () => {});
}

/** Puts a batch into the queue; does nothing if it is there already. A job counts as old as its oldest event. */
export async function enqueue(queue: AuditQueue, { segments, events, oldest }: Batch): Promise<void> {
  await queue.add(JOB_NAME, { events }, { jobId: jobId(segments), ...(Number.isFinite(oldest) ? { timestamp: oldest } : {}) });
}

/**
 * The id of the job for these segments. BullMQ ignores a job whose id it has already, so an id must stand for exactly
 * these entries: after a relay that died between adding and removing, the next one may read the same entries with more
 * behind them.
 */
export function jobId(segments: Segment[]): string {
  const content = segments.map(({ partition, ids }) => `${partition} ${ids[0]} ${ids.at(-1)}`).join('\n');
  return `events-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
}
