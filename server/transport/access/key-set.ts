import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import type { Logger } from '../../observability/logger.ts';

/** Time-out of a request, from the first byte sent to the last one read. */
const TIMEOUT_MS = 2_000;
/** Enough for hundreds of keys. Each token searches the set, so its size must be limited. */
const BYTES_MAX = 256 * 1024;
const KEYS_MAX = 100;
/** A set is requested at most this often after a success, however many unknown key ids come. */
const COOLDOWN_MS = 5_000;
/** After so many failures in a row the set is requested once a second only; otherwise each token would request it. */
const FAILURES_MAX = 5;
const RETRY_MS = 1_000;
/** When known keys are renewed, and how long they are valid if that fails. */
const REFRESH_MS = 600_000;
const GOOD_FOR_MS = 3_600_000;

/**
 * The key set (RFC 7517) at an address, of which each token names a key. Nothing that its server does, or fails to do,
 * delays anybody for more than two seconds. Tokens cause one request at a time, and few of them. Known keys are renewed
 * in the background, so a server that hangs delays nobody.
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
 * Sends a request. Throws if the answer is no key set, is too large or comes too late; `options.signal` has the
 * time-out.
 */
async function fetchBounded(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    // Redirects are not followed, because they could lead to addresses that only this machine can reach.
    if (response.status !== 200) throw new Error(`the key set was answered with ${response.status}`);
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) throw new Error(`the key set has more than ${BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } finally {
    // What is left of the answer is discarded with its connection.
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
