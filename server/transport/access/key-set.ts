import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import type { Logger } from '../../observability/logger.ts';

/** The whole of an answer, from the first byte sent to the last one read. */
const TIMEOUT_MS = 2_000;
/** Hundreds of keys. A set is searched for each token, so it must not have any size. */
const BYTES_MAX = 256 * 1024;
const KEYS_MAX = 100;
/** A set that was had is not asked for more often than this, however many unknown key ids come. */
const COOLDOWN_MS = 5_000;
/** One that could not be had so often in a row is asked for once a second only, since each token would ask. */
const FAILURES_MAX = 5;
const RETRY_MS = 1_000;
/** When keys are asked for anew though they are known, and how long they are good where that fails. */
const REFRESH_MS = 600_000;
const GOOD_FOR_MS = 3_600_000;

/**
 * The keys that are published at an address (RFC 7517), of which each token names one. Nothing that its server answers,
 * or does not, holds anybody up for longer than two seconds, and tokens make one request at a time, and few of them.
 * Known keys are renewed behind the scenes, so a server that hangs holds up nobody.
 */
export function keySetAt(address: string, logger: Logger): JWTVerifyGetKey {
  let failure = { times: 0, error: undefined as unknown, until: 0 };
  let renewAt = 0;
  const get = async (url: string, options: RequestInit): Promise<Response> => {
    if (failure.times >= FAILURES_MAX && performance.now() < failure.until) throw failure.error;
    try {
      const answer = await fetchBounded(url, options);
      failure = { times: 0, error: undefined, until: 0 };
      renewAt = performance.now() + REFRESH_MS;
      return answer;
    } catch (error) {
      failure = { times: failure.times + 1, error, until: performance.now() + RETRY_MS };
      throw error;
    }
  };
  const keys = createRemoteJWKSet(new URL(address), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: GOOD_FOR_MS,
    [customFetch]: get,
  });
  return async (header, token) => {
    if (keys.jwks() !== undefined && performance.now() >= renewAt && !keys.reloading) {
      renewAt = performance.now() + RETRY_MS;
      keys.reload().catch((err: unknown) => logger.warn({ err }, 'the key set could not be renewed'));
    }
    return keys(header, token);
  };
}

/**
 * One request that is given up when its answer is none, is too large or takes too long. The signal is that of the
 * timeout.
 */
async function fetchBounded(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    // Redirects are not followed: they could lead to where only this machine can go.
    if (response.status !== 200) throw new Error(`the key set was answered with ${response.status}`);
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) throw new Error(`the key set has more than ${BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } finally {
    // Whatever is not read ends with its connection.
    await response.body?.cancel().catch(() => {});
  }
  const text = Buffer.concat(chunks).toString();
  const keys = (JSON.parse(text) as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length > KEYS_MAX || !keys.every(isObject)) {
    throw new Error(`the key set is none, or has more than ${KEYS_MAX} keys`);
  }
  return new Response(text);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
