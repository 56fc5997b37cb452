import { startAuditWriter } from '../audit/audit-writer.ts';
import { completeUntil } from '../audit/lag.ts';
import { createTrail } from '../audit/trail.ts';
import { watchAudit } from '../audit/watcher.ts';
import type { Departures } from '../engine/trail-ports.ts';
import { watchKeeping } from '../store/keeping.ts';
import { createOutbox } from '../store/outbox.ts';
import { reachable } from '../store/reachable.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';
import type { RedisPart } from './redis.ts';
import type { WebhooksPart } from './webhooks.ts';

export type AuditPart = Awaited<ReturnType<typeof openAudit>>;

/**
 * Opens this instance's part of the audit trail, as AUDIT_WORKER says: `inline` carries events to PostgreSQL, `off`
 * only measures how many are on their way, both read the trail where there is a database; `none` does nothing. Never
 * rejects.
 */
export async function openAudit({ config, schema, logger, metrics }: Base, redis: RedisPart, { now }: ClockPart, { owed }: WebhooksPart) {
  const { AUDIT_WORKER: mode, KEY_PREFIX: keyPrefix, SESSION_TTL_SECONDS: ttl, AUDIT_RETENTION_DAYS: retentionDays } = config;
  const databaseUrl = mode === 'none' ? undefined : config.DATABASE_URL;
  const keeping = mode === 'none' ? undefined : await watchKeeping(redis.commands, { keyPrefix, idleMs: ttl * 1000, now });
  const options = { outbox: createOutbox(redis.outbox, keyPrefix), redisUrl: config.REDIS_URL, keyPrefix, logger, metrics, now };
  const trail = databaseUrl === undefined ? undefined : createTrail({ databaseUrl, logger, schema });
  const writer =
    mode === 'inline' && databaseUrl !== undefined ? startAuditWriter({ ...options, schema, databaseUrl, retentionDays, owed }) : undefined;
  const watcher = mode === 'off' ? watchAudit(options) : undefined;
  const onTheWay = (writer ?? watcher)?.onTheWay;
  const departures: Departures | undefined = keeping && {
    keptSince: keeping.since,
    completeUntil: (sessionId) => reachable(async () => (onTheWay === undefined ? -Infinity : completeUntil(onTheWay, sessionId))),
  };
  return {
    /** Undefined where no trail can be read. */
    trail,
    /** Undefined where nothing is brought back. */
    departures,
    /** The state of the trail; undefined where this instance does not carry it. */
    status: () => writer?.status(),
    /** Ends what carries the trail, then the reader of PostgreSQL. Never rejects. */
    async close(): Promise<void> {
      const trailClosed = Promise.all([writer?.close(), watcher?.close()]).then(() => trail?.close());
      await Promise.all([keeping?.close(), trailClosed]);
    },
  };
}
