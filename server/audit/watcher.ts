import type { Outbox } from './outbox-port.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { connectRedis } from '../store/connection.ts';
import { Gauges } from './gauges.ts';
import type { OnTheWay } from './lag.ts';
import { closeQueue, openQueue } from './queue.ts';

export interface AuditWatcherOptions {
  outbox: Outbox;
  redisUrl: string;
  keyPrefix: string;
  logger: Logger;
  metrics: Metrics;
  /** Unix ms of the authoritative clock; only measures. */
  now: () => number;
}

export interface AuditWatcher {
  /** What is on its way to the trail. */
  onTheWay: OnTheWay;
  /** Closes it, once. Never rejects, never hangs on a lost Redis. */
  close(): Promise<void>;
}

/**
 * Keeps the metrics of the trail up to date on an instance that does not carry it; queue and outbox are in the same
 * Redis for all. Waits for nothing.
 */
export function watchAudit({ outbox, redisUrl, keyPrefix, logger, metrics, now }: AuditWatcherOptions): AuditWatcher {
  const redis = connectRedis(redisUrl, 'commands', 'audit-gauges', logger);
  const queue = openQueue(redis, keyPrefix, logger);
  const gauges = new Gauges({ queue, redis, outbox, metrics, logger, now });
  const close = async () => {
    await gauges.close();
    await closeQueue(queue, logger);
    redis.disconnect();
  };
  let closing: Promise<void> | undefined;
  return { onTheWay: { queue, redis, outbox }, close: () => (closing ??= close()) };
}
