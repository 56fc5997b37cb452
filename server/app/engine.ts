import { IDLE_END_MAX_MS } from '#contract';
import { createEngine } from '../engine/create-engine.ts';
import { openMarks } from '../store/marks.ts';
import { createPresence } from '../store/presence.ts';
import { createSessionStore } from '../store/session-store.ts';
import type { AuditPart } from './audit.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';
import type { RedisPart } from './redis.ts';
import type { RoomsPart } from './rooms.ts';

/** How long the instant of the last connection is kept, beyond the time after which an idle session ends. */
const PRESENCE_KEPT_MS = 86_400_000;

export type EnginePart = ReturnType<typeof openEngine>;

interface EngineNeeds {
  redis: RedisPart;
  clock: ClockPart;
  audit: AuditPart;
  rooms: RoomsPart;
}

/** Creates the engine over its store. It handles deadlines from `start` on. */
export function openEngine({ config, schema, instance, logger, metrics }: Base, { redis, clock: part, audit, rooms }: EngineNeeds) {
  const { KEY_PREFIX: keyPrefix, REDIS_URL: redisUrl, LOG_LEVEL: logLevel } = config;
  const idleRunMs = config.SESSION_MAX_IDLE_RUN_SECONDS * 1000;
  const store = createSessionStore(redis.commands, keyPrefix, schema, part.skew);
  const presence = createPresence(redis.commands, keyPrefix, Math.max(idleRunMs, IDLE_END_MAX_MS) + PRESENCE_KEPT_MS);
  const engine = createEngine({
    store,
    // Not on the connection that reads and writes sessions: an instance whose commands wait in line there is alive.
    marks: openMarks(redis.clock, { redisUrl, keyPrefix, logLevel, instance }, logger),
    rooms: rooms.rooms,
    trail: audit.trail,
    departures: audit.departures,
    clock: part.clock,
    cache: rooms.cache,
    presence,
    idleMs: config.SESSION_TTL_SECONDS * 1000,
    idleRunMs,
    graceMs: config.EXPIRY_GRACE_MS,
    audit: config.AUDIT_WORKER !== 'none',
    metrics,
    logger,
  });
  return { ...engine, store, presence, idleRunMs };
}
