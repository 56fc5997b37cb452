import { Queue, Worker } from 'bullmq';
import { QUEUE_NAME, queuePrefix } from '../audit/queue.ts';
import { WorkerConnections } from '../audit/worker-connections.ts';
import type { Logger } from '../observability/logger.ts';
import { connectRedis, type RedisClient } from '../store/connection.ts';
import { within } from '../util/within.ts';
import type { Lease } from './leases.ts';

export const RUN_QUEUE_NAME = `${QUEUE_NAME}-webhooks`;
/**
 * Endpoints that a process delivers to at a time. One that is slow has a place for as long as its attempts take, so
 * there are many; each costs a few connections.
 */
const CONCURRENCY = 500;
/** Other workers take over a killed worker's endpoints after LOCK_MS + STALLED_INTERVAL_MS at most. */
const LOCK_MS = 6_000;
const STALLED_INTERVAL_MS = 3_000;
const RETRY_REDIS_MS = 1_000;
const CLOSE_DEADLINE_MS = 4_000;

export interface RunQueueOptions {
  redisUrl: string;
  keyPrefix: string;
  logger: Logger;
  /** Delivers to an endpoint for as long as something is due; `closing` asks it to end soon. Never rejects. */
  work(lease: Lease, closing: AbortSignal): Promise<void>;
}

/**
 * The queue of endpoints that have something due, for all processes. It holds leases only, so whatever is lost of it
 * comes back when those end.
 */
export class RunQueue {
  readonly #connections: WorkerConnections;
  readonly #producer: RedisClient;
  readonly #queue: Queue<Lease>;
  readonly #worker: Worker<Lease>;
  readonly #closing = new AbortController();
  readonly #logger: Logger;

  /** Begins at once. */
  constructor({ redisUrl, keyPrefix, logger, work }: RunQueueOptions) {
    this.#logger = logger;
    this.#connections = new WorkerConnections(redisUrl, logger);
    this.#producer = connectRedis(redisUrl, 'blocking', 'webhooks-queue', logger, { keepTrying: () => !this.#closing.signal.aborted });
    const prefix = queuePrefix(keyPrefix);
    this.#queue = new Queue(RUN_QUEUE_NAME, {
      connection: this.#producer,
      skipVersionCheck: true,
      prefix,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    this.#worker = new Worker<Lease>(RUN_QUEUE_NAME, (job) => work(job.data, this.#closing.signal), {
      connection: this.#connections.main,
      prefix,
      skipVersionCheck: true,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      // The job is not to blame when its worker is killed.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: RETRY_REDIS_MS,
    });
    // The connections log their own errors.
    const failed = (error: Error) => logger.debug({ err: error }, 'webhooks queue error');
    this.#queue.on('error', failed);
    this.#worker.on('error', failed);
  }

  /** Puts claimed endpoints into the queue. Rejects while Redis is away. */
  async add(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return;
    await this.#queue.addBulk(
      leases.map((lease) => ({ name: 'deliver', data: lease, opts: { jobId: `${lease.endpoint}-${lease.lease}` } })),
    );
  }

  /** Lets work under way end. Never rejects, and takes four seconds at most. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = Promise.all([this.#worker.close(), this.#queue.close()]).catch((error: unknown) =>
      this.#logger.debug({ err: error }, 'closing the webhooks queue failed'),
    );
    this.#connections.giveUp();
    await within(CLOSE_DEADLINE_MS, closed, () => {});
    this.#connections.end();
    this.#producer.disconnect();
  }
}
