import type { SessionState } from '#contract';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import type { Commit } from '../../server/engine/ports.ts';
import type { RedisClient } from '../../server/store/connection.ts';
import { createKeys } from '../../server/store/keys.ts';
import { lookInto } from '../kit/redis.ts';
import { createSessionStore } from '../../server/store/session-store.ts';
import { chess } from '../kit/games.ts';
import { freshPrefix, redisUrl } from '../kit/services.ts';

/** A store, with a prefix of its own unless one is given, and a way to look behind it. */
export async function openStoreFixture(prefix = freshPrefix()) {
  const url = await redisUrl();
  const redis = lookInto(url);
  const keys = createKeys(prefix);
  return {
    url,
    redis,
    prefix,
    keys,
    store: createSessionStore(redis, prefix),
    /** A store over the same keys with another way to Redis. */
    storeOver: (other: RedisClient) => createSessionStore(other, prefix),
    async now(): Promise<number> {
      const [seconds, micros] = await redis.time();
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    },
    /** Everything in Redis that belongs to a session. */
    async traces(sessionId: string) {
      const { session, dueSet, outbox } = keys.session(sessionId);
      return { text: await redis.get(session), due: await redis.zscore(dueSet, sessionId), outbox: await redis.xlen(outbox) };
    },
    close: () => redis.disconnect(),
  };
}
export type StoreFixture = Awaited<ReturnType<typeof openStoreFixture>>;

/** The event by which a game begins at `now` (Unix ms). */
export function creation(now: number, session_id = chess().session_id): SessionEvent {
  const decision = create(chess({ session_id }), now);
  if (!decision.ok) throw new Error(decision.message);
  return decision.event;
}

/** The event that a command makes of a state at `now` (Unix ms). */
export function next(state: SessionState, type: 'start' | 'switch' | 'pause' | 'delete', now: number): SessionEvent {
  const command: TimerCommand = { type };
  const decision = decide(state, command, now);
  if (!decision.ok) throw new Error(decision.message);
  return decision.event;
}

/** A commit of one event as the engine would propose it. */
export function proposal(base: SessionState | null, event: SessionEvent, change: Partial<Commit> = {}): Commit {
  return {
    base: base === null ? null : { version: base.version, epoch: base.epoch, state: base },
    events: [event],
    snapshotAt: () => JSON.stringify(event.state),
    instant: event.at,
    notBefore: 0,
    lifetimeMs: 60_000,
    nextDue: null,
    warnings: [],
    previousHash: null,
    audit: true,
    ...change,
  };
}
