import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { Outbox } from './outbox-port.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { connectRedis } from '../store/connection.ts';
import { closeDatabase, openDatabase } from './database.ts';
import { Gauges } from './gauges.ts';
import type { OnTheWay } from './lag.ts';
import { closeQueue, enqueue, openQueue } from './queue.ts';
import { Relay } from './relay.ts';
import { replicated } from './replicated.ts';
import { Retention } from './retention.ts';
import { EventStore } from './store.ts';
import { AuditWorker } from './worker.ts';

/** One connection for each job that the worker handles at a time. */
const CONNECTIONS = 10;
const STATEMENT_MS = 10_000;

export interface AuditWriterOptions {
  outbox: Outbox;
  redisUrl: string;
  keyPrefix: string;
  databaseUrl: string;
  logger: Logger;
  metrics: Metrics;
  /** Unix ms of the one clock; used for measurements only. */
  now: () => number;
  /** How many days finished sessions are kept; undefined keeps them for ever. */
  retentionDays?: number | undefined;
  /** Pause before refused events are tried again, ms; doubles with each further attempt. Default 2000. */
  retryDelayMs?: number;
  schema?: Schema | undefined;
  /** Called with the webhook endpoints that got deliveries. */
  owed?: (endpointIds: string[]) => void;
}

/**
 * The state of the trail. `degraded`: events wait for the database or for some nodes of a cluster, or failed for good.
 * `down`: Redis cannot be relayed from.
 */
export type AuditStatus = 'ok' | 'degraded' | 'down';

export interface AuditWriter {
  /** What is on its way to the trail. */
  onTheWay: OnTheWay;
  status(): AuditStatus;
  /**
   * Ends everything in order, once; unfinished work is left to the next writer. Never rejects, never hangs on a lost
   * Redis or PostgreSQL.
   */
  close(): Promise<void>;
}

/**
 * Starts what carries committed events to PostgreSQL: the relay (only one over all instances works), the worker of the
 * queue, the metrics. Waits for nothing: Redis and PostgreSQL may become reachable later.
 */
export function startAuditWriter({
  outbox,
  redisUrl,
  keyPrefix,
  databaseUrl,
  logger,
  metrics,
  now,
  retentionDays,
  retryDelayMs,
  schema = SCHEMA,
  owed,
}: AuditWriterOptions): AuditWriter {
  const database = openDatabase(databaseUrl, logger, { connections: CONNECTIONS, statementMs: STATEMENT_MS });
  const producer = connectRedis(redisUrl, 'commands', 'audit-queue', logger);
  const queue = openQueue(producer, keyPrefix, logger, retryDelayMs);
  const store = new EventStore(database, logger, owed);
  const worker = new AuditWorker({ redisUrl, keyPrefix, store, schema, logger });
  const survivingFailover = replicated(producer, queue.toKey('meta'));
  const relay = new Relay({ outbox, accept: (batch) => survivingFailover(() => enqueue(queue, batch)), logger });
  const gauges = new Gauges({ queue, redis: producer, outbox, metrics, logger, now });
  const retention = retentionDays === undefined ? undefined : new Retention({ database, days: retentionDays, logger, now });

  const close = async () => {
    await Promise.all([relay.close(), gauges.close(), retention?.close()]);
    await worker.close();
    await closeQueue(queue, logger);
    producer.disconnect();
    await closeDatabase(database, logger);
  };
  let closing: Promise<void> | undefined;
  return {
    onTheWay: { queue, redis: producer, outbox },
    status: () => {
      if (relay.failing === 'all') return 'down';
      return relay.failing === 'none' && store.reachable && gauges.failedJobs === 0 ? 'ok' : 'degraded';
    },
    close: () => (closing ??= close()),
  };
}
