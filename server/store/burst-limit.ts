import type { BurstLimit, Quota } from '../transport/limit-ports.ts';
import type { RedisClient } from './connection.ts';
import { loadScript, runScript } from './script.ts';

const TAKE_USE = loadScript('take-use');

export interface BurstLimitOptions<User> {
  /** How many uses come back in a second, at an even pace. */
  perSecond: number;
  /** How many there are at most, for whoever has used none for a while. */
  burst: number;
  /** The key in Redis of whoever uses. It expires when all uses are back. */
  keyOf(user: User): string;
}

/** An instance's own count may be full this much before the one in Redis, which a use reaches later. */
const MARGIN_MS = 5;
const USERS_KEPT = 1_000;

/** What one instance knows of a user; instants of a clock that never goes back, ms. */
interface Known {
  /** When all uses are back. */
  fullAt: number;
  /** Until then Redis would refuse. */
  refusedUntil: number;
}

/**
 * A limit over all instances with room for bursts, counted in Redis by one script a use. Whoever was refused costs
 * Redis nothing until a use is back. Where Redis can't say, this instance counts by itself: a limit never refuses for
 * want of an answer.
 */
export function createBurstLimit<User>(redis: RedisClient, { perSecond, burst, keyOf }: BurstLimitOptions<User>): BurstLimit<User> {
  const refillMs = 1_000 / perSecond;
  const users = new Map<string, Known>();
  let pruneAt = USERS_KEPT;

  /** How long a use takes to come back where all are back in `fullInMs`; none is left where this is above 0. */
  const waitOf = (fullInMs: number): number => fullInMs - (burst - 1) * refillMs;
  const quota = (allowed: boolean, fullInMs: number): Quota => ({
    allowed,
    limit: burst,
    remaining: Math.max(0, Math.floor(burst - fullInMs / refillMs)),
    resetMs: Math.max(0, waitOf(fullInMs)) + 1,
  });

  function knownOf(key: string, now: number): Known {
    let known = users.get(key);
    if (known === undefined) {
      if (users.size >= pruneAt) prune(now);
      users.set(key, (known = { fullAt: now, refusedUntil: now }));
    }
    return known;
  }
  function prune(now: number): void {
    for (const [key, { fullAt }] of users) if (now >= fullAt) users.delete(key);
    // So that the work stays small for each use, however many there are.
    pruneAt = Math.max(USERS_KEPT, 2 * users.size);
  }

  return {
    consume(user) {
      const key = keyOf(user);
      const now = performance.now();
      const known = knownOf(key, now);
      if (now < known.refusedUntil) return { quota: quota(false, known.refusedUntil - now + (burst - 1) * refillMs), credit: false };
      const fullInMs = Math.max(0, known.fullAt - now);
      const credit = waitOf(fullInMs) <= 0;
      if (credit) known.fullAt = now + fullInMs + refillMs;
      const counted = runScript(redis, TAKE_USE, [key], [Math.round(refillMs * 1_000), burst]).then(
        (reply) => {
          const [taken, microseconds] = reply as [number, number];
          const then = performance.now();
          known.fullAt = Math.max(known.fullAt, then + microseconds / 1_000 + MARGIN_MS);
          if (taken === 0) known.refusedUntil = then + waitOf(microseconds / 1_000);
          return quota(taken === 1, microseconds / 1_000);
        },
        () => quota(credit, fullInMs),
      );
      return { quota: counted, credit };
    },
    async look(user) {
      const key = keyOf(user);
      // Where Redis can't say, this instance goes by what it did itself.
      const leftMs = await redis.pttl(key).catch(() => 0);
      const now = performance.now();
      const known = knownOf(key, now);
      known.fullAt = Math.max(known.fullAt, now + leftMs);
    },
  };
}
