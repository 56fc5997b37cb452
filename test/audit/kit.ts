import { setTimeout as wait } from 'node:timers/promises';
import { Queue } from 'bullmq';
import pg from 'pg';
import type { EventType, HistoryEvent, SessionState } from '#contract';
import { type AuditWriter, type AuditWriterOptions, startAuditWriter } from '../../server/audit/audit-writer.ts';
import { type AuditJob, QUEUE_NAME, queuePrefix } from '../../server/audit/queue.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { EventStore } from '../../server/audit/store.ts';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import type { Outbox } from '../../server/audit/outbox-port.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { createMetrics, type Metrics } from '../../server/observability/metrics.ts';
import { connectRedis, type RedisClient } from '../../server/store/connection.ts';
import { lookInto } from '../kit/redis.ts';
import { partitionOf } from '../../server/domain/partitions.ts';
import { createKeys } from '../../server/store/keys.ts';
import { createOutbox } from '../../server/store/outbox.ts';

export const silent = createLogger('silent', 'test');

/** The instant at which every game of these tests began. */
export const BEGIN = Date.parse('2026-03-01T12:00:00.000Z');

/** Waits until a condition holds; fails with `what` after the deadline. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await wait(20);
  }
}

/** Writes events to the trail, as a worker does. Throws if the trail refuses one. */
export async function writeTo(database: string, events: QueuedEvent[]): Promise<void> {
  const client = openDatabase(database, silent, { connections: 1, statementMs: 5000 });
  const refused = await new EventStore(client, silent).write(events, new AbortController().signal);
  await closeDatabase(client, silent);
  if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
}

export interface EventFields {
  epoch?: number;
  type?: EventType;
  event?: Partial<Record<keyof HistoryEvent, unknown>>;
  state?: Partial<Record<keyof SessionState, unknown>>;
}

/** One event as the outbox carries it. By default version 1 creates, 2 starts, later ones switch, a second apart. */
export function eventOf(
  sessionId: string,
  version: number,
  { epoch = 1, type = typeOf(version), event = {}, state = {} }: EventFields = {},
): QueuedEvent {
  const instant = (n: number) => new Date(BEGIN + n * 1000).toISOString();
  const status =
    { session_created: 'pending', session_completed: 'completed', session_cancelled: 'cancelled' }[type as string] ?? 'running';
  return {
    event: JSON.stringify({
      session_id: sessionId,
      epoch,
      version,
      event_type: type,
      timestamp: instant(version),
      participant_id: version > 2 ? 'white' : null,
      group_id: null,
      time_elapsed_ms: version > 2 ? 1000 : 0,
      time_remaining_ms: version > 2 ? 60_000 : null,
      metadata: {},
      ...event,
    }),
    state: JSON.stringify({
      session_id: sessionId,
      sync_mode: 'per_participant',
      status,
      version,
      epoch,
      cycle_count: Math.max(0, version - 2),
      session_started_at: version > 1 ? instant(2) : null,
      session_completed_at: status === 'completed' ? instant(version) : null,
      created_at: instant(1),
      updated_at: instant(version),
      participants: [],
      metadata: {},
      ...state,
    }),
  };
}

function typeOf(version: number): EventType {
  if (version === 1) return 'session_created';
  return version === 2 ? 'session_started' : 'cycle_switched';
}

/** The versions `from` to `to` of a session. */
export function eventsOf(sessionId: string, from: number, to: number, fields?: EventFields): QueuedEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => eventOf(sessionId, from + index, fields));
}

/** Puts events into the outbox as the commit script does. */
export async function put(redis: RedisClient, prefix: string, events: QueuedEvent[]): Promise<void> {
  const keys = createKeys(prefix);
  // Redis keeps the order of the events of one partition.
  await Promise.all(
    events.map(({ event, state }) => {
      const { session_id } = JSON.parse(event) as { session_id: string };
      return redis.xadd(keys.partition(partitionOf(session_id)).outbox, '*', 'event', event, 'state', state);
    }),
  );
}

export async function query<Row extends pg.QueryResultRow>(databaseUrl: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** "session epoch version" of every row, sorted. */
export async function storedRows(databaseUrl: string): Promise<string[]> {
  const rows = await query<{ key: string }>(
    databaseUrl,
    `SELECT session_id || ' ' || epoch || ' ' || version AS key FROM sync_events ORDER BY session_id, epoch, version`,
  );
  return rows.map(({ key }) => key);
}

export interface Bench {
  redis: RedisClient;
  outbox: Outbox;
  queue: Queue<AuditJob>;
  metrics: Metrics;
  /** Starts another writer on the same Redis and database. */
  writer(options?: Partial<AuditWriterOptions>): AuditWriter;
  /** Whether the outbox and the queue are empty. */
  drained(): Promise<boolean>;
  close(): Promise<void>;
}

/** Everything a test of the writer needs, around a Redis and a database. */
export function bench(redisUrl: string, prefix: string, databaseUrl: string): Bench {
  const redis = lookInto(redisUrl);
  const relayed = connectRedis(redisUrl, 'commands', 'test-outbox', silent);
  const outbox = createOutbox(relayed, prefix);
  const queue = new Queue<AuditJob>(QUEUE_NAME, { connection: redis, prefix: queuePrefix(prefix) });
  queue.on('error', () => {});
  const metrics = createMetrics();
  const writers: AuditWriter[] = [];
  return {
    redis,
    outbox,
    queue,
    metrics,
    writer(options = {}) {
      const writer = startAuditWriter({
        outbox,
        redisUrl,
        keyPrefix: prefix,
        databaseUrl,
        logger: silent,
        metrics,
        now: () => BEGIN,
        retryDelayMs: 20,
        ...options,
      });
      writers.push(writer);
      return writer;
    },
    async drained() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed');
      // The connection may still be opening.
      const oldest = (partition: number) => outbox.oldest(partition).catch(() => undefined);
      const left = await Promise.all(Array.from({ length: outbox.partitions }, (_, partition) => oldest(partition)));
      return left.every((event) => event === null) && Object.values(counts).every((count) => count === 0);
    },
    async close() {
      await Promise.all(writers.map((writer) => writer.close()));
      redis.disconnect();
      relayed.disconnect();
    },
  };
}
