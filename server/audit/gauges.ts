import type { Redis } from 'ioredis';
import type { Outbox } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { endsWithin } from './deadline.ts';
import type { AuditQueue } from './queue.ts';
import { instantOf } from './rows.ts';

const INTERVAL_MS = 1_000;
const CLOSE_DEADLINE_MS = 500;

export interface GaugesOptions {
  queue: AuditQueue;
  /** Fails fast. */
  redis: Redis;
  outbox: Outbox;
  metrics: Metrics;
  logger: Logger;
  /** Unix ms of the authoritative clock. */
  now: () => number;
}

/** Keeps the metrics of the audit trail up to date. */
export class Gauges {
  readonly #options: GaugesOptions;
  readonly #timer: NodeJS.Timeout;
  #sampling: Promise<void> | undefined;
  #failedJobs = 0;

  /** Begins at once. */
  constructor(options: GaugesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#start(), INTERVAL_MS).unref();
    this.#start();
  }

  /** Jobs that failed for good, as of the last sample. */
  get failedJobs(): number {
    return this.#failedJobs;
  }

  /** Ends after the sample in hand, unless Redis keeps it waiting. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#sampling !== undefined) await endsWithin(CLOSE_DEADLINE_MS, this.#sampling);
  }

  #start(): void {
    this.#sampling ??= this.#sample()
      .catch((error: unknown) => this.#options.logger.debug({ err: error }, 'no sample of the audit metrics'))
      .finally(() => {
        this.#sampling = undefined;
      });
  }

  async #sample(): Promise<void> {
    const { queue, metrics, now } = this.#options;
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    for (const status of ['waiting', 'active', 'delayed', 'failed'] as const) metrics.queueSize.set({ status }, counts[status] ?? 0);
    this.#failedJobs = counts['failed'] ?? 0;
    const oldest = Math.min(...(await this.#outboxInstants()), ...(await this.#queueInstants()));
    metrics.auditLag.set(Math.max(0, now() - oldest));
  }

  /** Unix ms of the oldest event of each partition. */
  async #outboxInstants(): Promise<number[]> {
    const { outbox } = this.#options;
    const oldest = await Promise.all(Array.from({ length: outbox.partitions }, (_, partition) => outbox.read(partition, 1)));
    return oldest.flat().map(({ event }) => instantOf(event));
  }

  /** Unix ms of the oldest event of each job that could be the oldest. Failed ones have a metric of their own: one of them would hide all other lag for ever. */
  async #queueInstants(): Promise<number[]> {
    const { queue, redis } = this.#options;
    const ids = [...(await queue.getRanges(['wait'], 0, 0, true)), ...(await queue.getRanges(['active', 'delayed'], 0, -1))];
    return Promise.all(ids.map(async (id) => Number((await redis.hget(queue.toKey(id), 'timestamp')) ?? Infinity)));
  }
}
