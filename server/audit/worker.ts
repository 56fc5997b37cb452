import { type Job, WaitingError, Worker } from 'bullmq';
import { isKnown, type Schema } from '../domain/schema.ts';
import type { Logger } from '../observability/logger.ts';
import { within } from '../util/within.ts';
import { type AuditJob, QUEUE_NAME, queuePrefix } from './queue.ts';
import type { EventStore, RefusedEvent } from './store.ts';
import { WorkerConnections } from './worker-connections.ts';

const CONCURRENCY = 10;
/** Other workers take over a killed worker's jobs after LOCK_MS + STALLED_INTERVAL_MS at most. */
const LOCK_MS = 6_000;
const STALLED_INTERVAL_MS = 3_000;
const RETRY_REDIS_MS = 1_000;
/**
 * How long a worker takes no jobs after it met events of a newer version; longer than BullMQ lets other workers sleep
 * (5 s).
 */
const STEP_BACK_MS = 6_000;
const CLOSE_DEADLINE_MS = 5_000;
const NAMED_CAUSES = 3;

export interface AuditWorkerOptions {
  redisUrl: string;
  keyPrefix: string;
  store: EventStore;
  schema: Schema;
  logger: Logger;
}

/**
 * Takes jobs from the queue and stores their events. There may be many workers, and any may be killed at any line: a
 * job ends only when its events are stored.
 */
export class AuditWorker {
  readonly #options: AuditWorkerOptions;
  readonly #connections: WorkerConnections;
  readonly #worker: Worker<AuditJob>;
  readonly #stop = new AbortController();
  #steppingBack: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: AuditWorkerOptions) {
    this.#options = options;
    const { redisUrl, keyPrefix, logger } = options;
    this.#connections = new WorkerConnections(redisUrl, logger);
    this.#worker = new Worker<AuditJob>(QUEUE_NAME, (job, token) => this.#process(job, token), {
      connection: this.#connections.main,
      prefix: queuePrefix(keyPrefix),
      // A failed version check would leave the worker unusable for good.
      skipVersionCheck: true,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      // The job is not to blame when its worker is killed.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: RETRY_REDIS_MS,
    });
    // The connection logs its own errors as well.
    this.#worker.on('error', (error) => logger.debug({ err: error }, 'audit worker error'));
    this.#worker.on('failed', (job, error) => {
      const fields = { job: job?.id, attempt: job?.attemptsMade, cause: error.message };
      if (job?.finishedOn === undefined) logger.warn(fields, 'audit events refused; trying again');
      else logger.error(fields, 'audit events failed for good; they are kept in the failed job');
    });
  }

  /**
   * Ends the worker: jobs that are being written are finished, those that wait for the database go back to the queue.
   * Never rejects, and takes five seconds at most.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#steppingBack);
    // BullMQ must know first that it is closing: otherwise it would ask an ended connection for jobs in a loop that
    // blocks the process.
    const closed = this.#worker
      .close()
      .catch((error: unknown) => this.#options.logger.warn({ err: error }, 'closing the audit worker failed'));
    this.#connections.giveUp();
    await within(CLOSE_DEADLINE_MS, closed, () => {});
    // Rejects what still waits for Redis. Jobs that are not finished count as stalled and are repeated.
    this.#connections.end();
  }

  async #process(job: Job<AuditJob>, token: string | undefined): Promise<void> {
    const { events } = job.data;
    if (events.some(({ state }) => !isKnown(state, this.#options.schema))) return this.#leaveToNewer(job, token);
    let refused: RefusedEvent[];
    try {
      refused = await this.#options.store.write(events, this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
      // Back to the queue, without counting as an attempt.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (refused.length === 0) return;
    await job.updateData({ events: refused.map(({ queued }) => queued) });
    throw new Error(summary(refused, events.length));
  }

  /**
   * Puts a job back for a worker of the version that wrote it. This worker pauses for a while, otherwise it would take
   * the job again at once.
   */
  async #leaveToNewer(job: Job<AuditJob>, token: string | undefined): Promise<never> {
    if (this.#steppingBack === undefined) {
      const { logger } = this.#options;
      const failed = (error: unknown) => logger.debug({ err: error }, 'audit worker error');
      logger.warn({ job: job.id }, 'events of a newer version are left to a worker of that version');
      this.#steppingBack = setTimeout(() => {
        this.#steppingBack = undefined;
        this.#worker.resume().catch(failed);
      }, STEP_BACK_MS);
      this.#worker.pause(true).catch(failed);
    }
    await job.moveToWait(token);
    throw new WaitingError();
  }
}

function summary(refused: RefusedEvent[], total: number): string {
  const causes = [...new Set(refused.map(({ cause }) => cause))];
  const more = causes.length > NAMED_CAUSES ? ` and ${causes.length - NAMED_CAUSES} more causes` : '';
  return `${refused.length} of ${total} events refused: ${causes.slice(0, NAMED_CAUSES).join('; ')}${more}`;
}
