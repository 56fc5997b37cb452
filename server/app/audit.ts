import { openAudit as openTrail } from '../audit/open-audit.ts';
import type { Departures } from '../engine/trail-ports.ts';
import { watchKeeping } from '../store/keeping.ts';
import { createOutbox } from '../store/outbox.ts';
import { reachable } from '../store/reachable.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';
import type { RedisPart } from './redis.ts';

export type AuditPart = Awaited<ReturnType<typeof openAudit>>;

/** Opens this instance's share in the audit trail, as AUDIT_WORKER says. Never rejects. */
export async function openAudit({ config, schema, logger, metrics }: Base, redis: RedisPart, { now }: ClockPart) {
  const { AUDIT_WORKER: mode, KEY_PREFIX: keyPrefix, SESSION_TTL_SECONDS: ttl } = config;
  const keeping = mode === 'none' ? undefined : await watchKeeping(redis.commands, { keyPrefix, idleMs: ttl * 1000, now });
  const parts = openTrail(config, { outbox: createOutbox(redis.outbox, keyPrefix), logger, metrics, now, schema });
  const departures: Departures | undefined = keeping && {
    keptSince: keeping.since,
    completeUntil: (sessionId) => reachable(() => parts.completeUntil(sessionId)),
  };
  return {
    /** Undefined where no trail can be read. */
    trail: parts.trail,
    /** Undefined where nothing is brought back. */
    departures,
    /** How the trail gets on; undefined where this instance does not carry it. */
    status: () => parts.status(),
    /** Hands the trail over and closes PostgreSQL. Never rejects. */
    async close(): Promise<void> {
      await Promise.all([keeping?.close(), parts.close()]);
    },
  };
}
