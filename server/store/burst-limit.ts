import type { BurstLimit, Quota } from '../transport/limit-ports.ts';
import type { RedisClient } from './connection.ts';
import { loadScript, runScript } from './script.ts';

const TAKE_USE = loadScript('take-use');

export interface BurstLimitOptions<User> {
  /** How many uses a user gets back each second, evenly spread. */
  perSecond: number;
  /** How many uses a user has at most, after a time without any. */
  burst: number;
  /** The user's key in Redis. It expires when the user has all uses back. */
  keyOf(user: User): string;
}

/** How much later this instance assumes all uses to be back than Redis does: a use reaches Redis a little later. */
const MARGIN_MS = 5;
const USERS_KEPT = 1_000;

/** What one instance knows of a user. Instants are ms of a clock that never goes back. */
interface Known {
  /** When all uses are back. */
  fullAt: number;
  /** Redis would refuse a use before this instant. */
  refusedUntil: number;
}

/**
 * A limit over all instances that allows bursts; one script in Redis counts each use. After a refusal this instance
 * refuses by itself until the next use is due, without asking Redis. When Redis does not answer, this instance counts
 * alone: a missing answer never refuses a use.
 */
export function createBurstLimit<User>(redis: RedisClient, { perSecond, burst, keyOf }: BurstLimitOptions<User>): BurstLimit<User> {
  const refillMs = 1_000 / perSecond;
  const users = new Map<string, Known>();
  let pruneAt = USERS_KEPT;

  /** How long until a use is available, ms, if all are back in `fullInMs`; 0 or less if one is available now. */
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
    // Doubling the mark keeps the work of pruning small for each use, whatever the number of users.
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
      // Without an answer of Redis this instance goes by its own count.
      const leftMs = await redis.pttl(key).catch(() => 0);
      const now = performance.now();
      const known = knownOf(key, now);
      known.fullAt = Math.max(known.fullAt, now + leftMs);
    },
  };
}
