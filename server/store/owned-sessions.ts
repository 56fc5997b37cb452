import type { OwnedSessions } from '../engine/limit-ports.ts';
import type { SessionStore } from '../engine/ports.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';

/** A session that Redis does not have this long after its place was taken was never made, or is gone. */
const CREATION_MS = 10_000;
/** Longer than any session stays in Redis without a change. */
const KEPT_SECONDS = 31 * 86_400;

export interface OwnedSessionsOptions {
  keyPrefix: string;
  /** Unfinished sessions that one owner may have. */
  limit: number;
  store: Pick<SessionStore, 'positions'>;
  /** Unix ms. */
  now(): number;
}

/** Who owns which sessions, as a sorted set an owner by the instant of creation. Sessions that have ended are only looked for when the places run out. */
export function createOwnedSessions(redis: RedisClient, { keyPrefix, limit, store, now }: OwnedSessionsOptions): OwnedSessions {
  const keys = createKeys(keyPrefix);

  /** The members that hold no place any more. */
  const ended = async (key: string, besides: string): Promise<string[]> => {
    const [members, old] = await Promise.all([
      redis.zrange(key, 0, '-1'),
      redis.zrangebyscore(key, '-inf', Math.floor(now()) - CREATION_MS),
    ]);
    const positions = await store.positions(members);
    return members.filter((member, index) => {
      const position = positions[index];
      if (member === besides || position === undefined) return false;
      if (position === null) return old.includes(member);
      return position.event_type === 'session_deleted' || !['pending', 'running', 'paused'].includes(position.status);
    });
  };

  return {
    claim: (owner, sessionId) =>
      reachable(async () => {
        const key = keys.ownedBy(owner);
        const added = await redis.zadd(key, 'NX', Math.floor(now()), sessionId);
        if (added === 0) return 'held';
        await redis.expire(key, KEPT_SECONDS);
        const taken = await redis.zcard(key);
        if (taken <= limit) return 'taken';
        const gone = await ended(key, sessionId);
        if (gone.length > 0) await redis.zrem(key, ...gone);
        if (taken - gone.length <= limit) return 'taken';
        await redis.zrem(key, sessionId);
        return 'full';
      }),
    release: (owner, sessionId) =>
      reachable(async () => {
        await redis.zrem(keys.ownedBy(owner), sessionId);
      }),
  };
}
