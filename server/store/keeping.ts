import { PARTITIONS, partitionOf } from '../domain/partitions.ts';
import { every } from '../util/every.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const KEPT_SINCE = loadScript('kept-since');
/**
 * How often the note is renewed. A break is noticed that late; sessions that changed in between are not known to be
 * kept.
 */
const INTERVAL_MS = 10_000;

/** Since when Redis has kept idle sessions. Tells a session that left Redis by age from one that Redis lost. */
export interface Keeping {
  /**
   * Unix ms since when the Redis server of a session has kept idle sessions for as long as this instance wants, without
   * a break. Throws StoreUnavailableError.
   */
  since(sessionId: string): Promise<number>;
  /** Ends, once. Never rejects. */
  close(): Promise<void>;
}

/**
 * Begins to note in each partition since when idle sessions are kept. Resolves when every partition that answers has a
 * note.
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
  // A partition whose master does not answer gets its note in a later round.
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
