import { randomUUID } from 'node:crypto';
import type { OwnedSessions } from '../transport/limit-ports.ts';
import type { SessionPosition, SessionStore } from '../engine/ports.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const CLAIM = loadScript('claim-place');

/**
 * A claim that is older than this and has no session holds no place. A create that took longer claims its place again.
 */
const CREATION_MS = 10_000;
/** A session's epoch is the arrival of its create, so it precedes the claim, by at most this much. */
const ARRIVED_BEFORE_MS = 5_000;
/** Longer than any session stays in Redis without a change: a start may be planned, and a clock last, 400 days. */
const KEPT_SECONDS = 402 * 86_400;

export interface OwnedSessionsOptions {
  keyPrefix: string;
  /** Unfinished sessions that one owner may have. */
  limit: number;
  store: Pick<SessionStore, 'positions'>;
  /** Unix ms. */
  now(): number;
}

/**
 * The places of each owner: the claims of their creates, in one sorted set an owner. Only a script changes the set, so
 * two creates at once never both count on the same place. Sessions that have ended are looked for only when no place is
 * left.
 */
export function createOwnedSessions(redis: RedisClient, { keyPrefix, limit, store, now }: OwnedSessionsOptions): OwnedSessions {
  const keys = createKeys(keyPrefix);

  /** Returns the claims that hold no place any more. `found` has all claims, each followed by its instant. */
  const useless = async (found: string[]): Promise<string[]> => {
    const claims = found.filter((_, index) => index % 2 === 0);
    const positions = await store.positions(claims.map((claim) => claim.slice(0, claim.indexOf('/'))));
    return claims.filter((_, index) => holdsNoPlace(positions[index], Number(found[2 * index + 1]), now()));
  };

  return {
    claim: (owner, sessionId) =>
      reachable(async () => {
        const key = keys.ownedBy(owner);
        const token = randomUUID();
        const claimed = Math.floor(now());
        const claim = (gone: string[]) => runScript(redis, CLAIM, [key], [sessionId, token, claimed, limit, KEPT_SECONDS, ...gone]);
        let answer = await claim([]);
        if (Array.isArray(answer)) answer = await claim(await useless(answer as string[]));
        if (Array.isArray(answer)) return null;
        const member = `${sessionId}/${token}`;
        return {
          keep: () =>
            reachable(async () => {
              if (now() - claimed > CREATION_MS / 2) await redis.zadd(key, 'NX', Math.floor(now()), member);
            }),
          release: () =>
            reachable(async () => {
              await redis.zrem(key, member);
            }),
        };
      }),
  };
}

/**
 * Whether a claim made at `claimed` led to no session, or to one that has ended. An undefined position could not be
 * read.
 */
function holdsNoPlace(position: SessionPosition | null | undefined, claimed: number, now: number): boolean {
  if (position === undefined) return false;
  const isOver = now - claimed > CREATION_MS;
  if (position === null) return isOver;
  if (position.event_type === 'session_deleted' || !['pending', 'running', 'paused'].includes(position.status)) return true;
  // A session's epoch begins with its creation. An older epoch belongs to another create or to another owner.
  return isOver && position.epoch < claimed - ARRIVED_BEFORE_MS;
}
