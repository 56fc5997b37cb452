import type { RedisClient } from './connection.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const TIME = loadScript('time');

/**
 * Reads the clock of the node that has `key`: Unix ms with fractions. Throws StoreUnavailableError, since commands take
 * samples as well (K-21).
 */
export async function timeAt(redis: RedisClient, key: string): Promise<number> {
  const [seconds, microseconds] = (await reachable(() => runScript(redis, TIME, [key], []))) as [string, string];
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}
