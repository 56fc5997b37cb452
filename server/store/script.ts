import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './connection.ts';

/** A Lua script from `scripts/`, read once. The header of the file documents KEYS, ARGV and the reply. */
export interface Script {
  lua: string;
  sha: string;
}

/** Reads `scripts/<name>.lua`. */
export function loadScript(name: string): Script {
  const lua = readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its hash. Sends the script's text only if Redis does not know it (a new or restarted server). */
export async function runScript(redis: RedisClient, script: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script.lua, keys.length, ...keys, ...args);
  }
}
