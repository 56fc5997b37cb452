import { randomUUID } from 'node:crypto';
import type { OwnedSessions } from '../transport/limit-ports.ts';
import type { SessionPosition, SessionStore } from '../engine/ports.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const CLAIM = loadScript('claim-place');

/** A create that takes longer than this has lost its claim, and takes it again if a session came of it. */
const CREATION_MS = 10_000;
/** A session is made at the instant at which its create arrived, so at most this much before its claim. */
const ARRIVED_BEFORE_MS = 5_000;
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

/**
 * Who owns which sessions: the claims of their creates, a sorted set an owner. Only a script changes them, so that two
 * creates at once can't both count on a place of which one is about to be given back. Sessions that have ended are only
 * looked for when the places run out.
 */
export function createOwnedSessions(redis: RedisClient, { keyPrefix, limit, store, now }: OwnedSessionsOptions): OwnedSessions {
  const keys = createKeys(keyPrefix);

  /** The claims that hold no place any more. `found` are all, each followed by its instant. */
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
 * Whether nothing came of a claim made at `claimed`, or what did has ended. Undefined positions are those that can't be
 * asked for now.
 */
function holdsNoPlace(position: SessionPosition | null | undefined, claimed: number, now: number): boolean {
  if (position === undefined) return false;
  const isOver = now - claimed > CREATION_MS;
  if (position === null) return isOver;
  if (position.event_type === 'session_deleted' || !['pending', 'running', 'paused'].includes(position.status)) return true;
  // An epoch begins with the session. One that was there before is another create's, or somebody else's.
  return isOver && position.epoch < claimed - ARRIVED_BEFORE_MS;
}
