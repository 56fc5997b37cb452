import type { Outbox } from './outbox-port.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RedisClient } from '../store/connection.ts';
import { Alert } from './alert.ts';
import { within } from '../util/within.ts';
import { oldestOnTheWay } from './lag.ts';
import type { AuditQueue } from './queue.ts';

const INTERVAL_MS = 1_000;
const CLOSE_DEADLINE_MS = 500;
const MANY_WAITING = 1_000;
const MANY_FAILED = 100;

export interface GaugesOptions {
  queue: AuditQueue;
  /** Fails fast. */
  redis: RedisClient;
  outbox: Outbox;
  metrics: Metrics;
  logger: Logger;
  /** Unix ms of the authoritative clock. */
  now: () => number;
}

/** Keeps the metrics of the audit trail up to date, and logs a warning when an operator has to act. */
export class Gauges {
  readonly #options: GaugesOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #alerts: { waiting: Alert; failed: Alert };
  #sampling: Promise<void> | undefined;
  #failedJobs = 0;

  /** Begins at once. */
  constructor(options: GaugesOptions) {
    this.#options = options;
    this.#alerts = {
      waiting: new Alert(MANY_WAITING, 'audit jobs wait', options.logger),
      failed: new Alert(MANY_FAILED, 'audit jobs failed for good', options.logger),
    };
    this.#timer = setInterval(() => this.#start(), INTERVAL_MS).unref();
    this.#start();
  }

  /** Jobs that failed for good, as of the last sample. */
  get failedJobs(): number {
    return this.#failedJobs;
  }

  /** Ends after the present sample, or without it if Redis does not answer. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#sampling !== undefined) await within(CLOSE_DEADLINE_MS, this.#sampling, () => {});
  }

  #start(): void {
    this.#sampling ??= this.#sample()
      .catch((error: unknown) => this.#options.logger.debug({ err: error }, 'no sample of the audit metrics'))
      .finally(() => {
        this.#sampling = undefined;
      });
  }

  async #sample(): Promise<void> {
    const { queue, redis, outbox, metrics, now } = this.#options;
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    for (const status of ['waiting', 'active', 'delayed', 'failed'] as const) metrics.queueSize.set({ status }, counts[status] ?? 0);
    this.#failedJobs = counts['failed'] ?? 0;
    this.#alerts.waiting.look(counts['waiting'] ?? 0);
    this.#alerts.failed.look(this.#failedJobs);
    metrics.auditLag.set(Math.max(0, now() - (await oldestOnTheWay({ queue, redis, outbox }))));
  }
}
