import type { RedisClient } from './connection.ts';
import { loadScript, runScript } from './script.ts';

const TIME = loadScript('time');

/** Reads the clock of the node that has `key`: Unix ms with fractions. */
export async function timeAt(redis: RedisClient, key: string): Promise<number> {
  const [seconds, microseconds] = (await runScript(redis, TIME, [key], [])) as [string, string];
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}
