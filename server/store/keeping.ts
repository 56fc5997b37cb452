import { PARTITIONS, partitionOf } from '../domain/partitions.ts';
import { every } from '../util/every.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const KEPT_SINCE = loadScript('kept-since');
/** A session that changed after a break, and before this noticed it, is not known to have been kept. */
const INTERVAL_MS = 10_000;

/** Since when Redis has kept sessions, so that one that is gone is known to have left by age. */
export interface Keeping {
  /**
   * Unix ms since when the Redis with a session has kept idle sessions for as long as this instance asks, without a
   * break. Throws StoreUnavailableError.
   */
  since(sessionId: string): Promise<number>;
  /** Ends, once. Never rejects. */
  close(): Promise<void>;
}

/**
 * Begins to note in each partition since when idle sessions are kept. Resolves when it stands in all that answer.
 * @param idleMs how long an idle session stays in Redis, ms
 * @param now Unix ms of the one clock
 */
export async function watchKeeping(
  redis: RedisClient,
  { keyPrefix, idleMs, now }: { keyPrefix: string; idleMs: number; now: () => number },
): Promise<Keeping> {
  const keys = createKeys(keyPrefix);
  const note = (partition: number) =>
    reachable(async () => Number(await runScript(redis, KEPT_SINCE, [keys.partition(partition).keeping], [idleMs, Math.ceil(now())])));
  // A master that is away is noted when it is back, or another one in its place.
  const noteAll = () => Promise.allSettled(Array.from({ length: PARTITIONS }, (_, partition) => note(partition)));
  const stop = new AbortController();
  await noteAll();
  const repeating = every(INTERVAL_MS, stop.signal, noteAll, () => {});
  return {
    since: (sessionId) => note(partitionOf(sessionId)),
    close: () => {
      stop.abort();
      return repeating;
    },
  };
}
