import { type Job, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import { connectRedis, watch } from '../store/connection.ts';
import { endsWithin } from './deadline.ts';
import { type AuditJob, QUEUE_NAME, queuePrefix } from './queue.ts';
import type { EventStore, RefusedEvent } from './store.ts';

const CONCURRENCY = 10;
/** A killed worker's jobs are taken up again after LOCK_MS + STALLED_INTERVAL_MS at most. */
const LOCK_MS = 6_000;
const STALLED_INTERVAL_MS = 3_000;
const RETRY_REDIS_MS = 1_000;
const CLOSE_DEADLINE_MS = 5_000;
/** In this time a connection that was lost is either back or given up. */
const GIVE_UP_MS = 2_500;
const NAMED_CAUSES = 3;

export interface AuditWorkerOptions {
  redisUrl: string;
  keyPrefix: string;
  store: EventStore;
  logger: Logger;
}

/** Takes jobs from the queue and stores their events. Workers may be many, and may be killed at any line: a job only ends when its events are stored. */
export class AuditWorker {
  readonly #options: AuditWorkerOptions;
  readonly #connections: Redis[] = [];
  readonly #worker: Worker<AuditJob>;
  readonly #stop = new AbortController();
  #closing: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: AuditWorkerOptions) {
    this.#options = options;
    const { keyPrefix, logger } = options;
    this.#worker = new Worker<AuditJob>(QUEUE_NAME, (job, token) => this.#process(job, token), {
      connection: this.#connect(),
      prefix: queuePrefix(keyPrefix),
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      // Being killed is the worker's misfortune, not the job's fault.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: RETRY_REDIS_MS,
    });
    // Lost connections among them, which the connection logs as well.
    this.#worker.on('error', (error) => logger.debug({ err: error }, 'audit worker error'));
    this.#worker.on('failed', (job, error) => {
      const fields = { job: job?.id, attempt: job?.attemptsMade, cause: error.message };
      if (job?.finishedOn === undefined) logger.warn(fields, 'audit events refused; trying again');
      else logger.error(fields, 'audit events failed for good; they are kept in the failed job');
    });
  }

  /** Ends: jobs that are being written are finished, those that wait for the database go back to the queue. Never rejects, and takes eight seconds at most. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    // BullMQ would wait for ever for the end of a connection that is just being lost and found.
    await endsWithin(GIVE_UP_MS, Promise.all(this.#connections.map(isReadyOrEnded)));
    const closed = this.#worker
      .close()
      .catch((error: unknown) => this.#options.logger.warn({ err: error }, 'closing the audit worker failed'));
    await endsWithin(CLOSE_DEADLINE_MS, closed);
    // Rejects what still waits for Redis. Jobs in hand then count as stalled and are repeated.
    for (const connection of this.#connections) connection.disconnect();
  }

  /** A connection that waits for Redis to return until the worker is closed. BullMQ makes a second one out of it. */
  #connect(): Redis {
    const { redisUrl, logger } = this.#options;
    const redis = connectRedis(redisUrl, 'blocking', 'audit-worker', logger);
    const { retryStrategy } = redis.options;
    redis.options.retryStrategy = (attempt) => (this.#stop.signal.aborted ? null : retryStrategy?.(attempt));
    const duplicate = redis.duplicate.bind(redis);
    redis.duplicate = (options) => {
      const copy = watch(duplicate(options), 'audit-worker-blocking', logger);
      this.#connections.push(copy);
      return copy;
    };
    this.#connections.push(redis);
    return redis;
  }

  async #process(job: Job<AuditJob>, token: string | undefined): Promise<void> {
    const { events } = job.data;
    let refused: RefusedEvent[];
    try {
      refused = await this.#options.store.write(events, this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
      // Back to the queue without having spent an attempt.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (refused.length === 0) return;
    await job.updateData({ events: refused.map(({ queued }) => queued) });
    throw new Error(summary(refused, events.length));
  }
}

function isReadyOrEnded(redis: Redis): Promise<unknown> {
  if (redis.status === 'ready' || redis.status === 'end') return Promise.resolve();
  return new Promise((resolve) => redis.once('ready', resolve).once('end', resolve));
}

function summary(refused: RefusedEvent[], total: number): string {
  const causes = [...new Set(refused.map(({ cause }) => cause))];
  const more = causes.length > NAMED_CAUSES ? ` and ${causes.length - NAMED_CAUSES} more causes` : '';
  return `${refused.length} of ${total} events refused: ${causes.slice(0, NAMED_CAUSES).join('; ')}${more}`;
}
