import type { Config } from '../config.ts';
import { type AuditStatus, type AuditWriter, type AuditWriterOptions, startAuditWriter } from './audit-writer.ts';
import { completeUntil } from './lag.ts';
import { createTrail, type TrailReader } from './trail.ts';
import { type AuditWatcher, watchAudit } from './watcher.ts';

/** The parts of the trail that an instance has a hand in. */
export interface AuditParts {
  /** Undefined where no trail can be read. */
  trail: TrailReader | undefined;
  /** As `Departures` has it, but rejects with Redis' own errors. */
  completeUntil(sessionId: string): Promise<number>;
  /** How the trail gets on, where this instance carries it. */
  status(): AuditStatus | undefined;
  /** Ends all of them, the reader last. Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens what AUDIT_WORKER asks for: `inline` carries the trail, `off` only counts what is on its way, both read it
 * where there is a database; `none` does nothing.
 */
export function openAudit(config: Config, ports: Pick<AuditWriterOptions, 'outbox' | 'logger' | 'metrics' | 'now' | 'schema'>): AuditParts {
  const { AUDIT_WORKER: mode, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, KEY_PREFIX: keyPrefix } = config;
  const options = { ...ports, redisUrl, keyPrefix };
  let trail: TrailReader | undefined;
  let writer: AuditWriter | undefined;
  let watcher: AuditWatcher | undefined;
  if (mode === 'off') watcher = watchAudit(options);
  if (mode !== 'none' && databaseUrl !== undefined) {
    trail = createTrail({ databaseUrl, logger: ports.logger, schema: ports.schema });
    if (mode === 'inline') writer = startAuditWriter({ ...options, databaseUrl, retentionDays: config.AUDIT_RETENTION_DAYS });
  }
  return {
    trail,
    completeUntil: async (sessionId) => {
      const onTheWay = (writer ?? watcher)?.onTheWay;
      return onTheWay === undefined ? -Infinity : completeUntil(onTheWay, sessionId);
    },
    status: () => writer?.status(),
    close: async () => {
      await Promise.all([writer?.close(), watcher?.close()]);
      await trail?.close();
    },
  };
}
