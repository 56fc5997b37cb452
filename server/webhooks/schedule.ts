const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Pauses before the attempts after the first one, ms (Standard Webhooks 1.0.0). */
const PAUSES_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** After so many attempts a delivery is given up. */
export const ATTEMPTS_MAX = PAUSES_MS.length + 1;
/** Of a pause at most this part is added, so that what failed together does not come back together. */
const JITTER = 0.1;
/** A receiver that names a longer pause is asked again after this one. */
const RETRY_AFTER_MAX_MS = 24 * HOUR_MS;

/**
 * How long to wait before the next attempt, ms; null if there is none.
 * @param attempts how many have failed
 * @param retryAfterMs the least pause that the receiver asked for
 * @param random from 0 to 1
 */
export function pauseBefore(attempts: number, retryAfterMs: number, random: number): number | null {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? null : Math.max(Math.round(pause * (1 + JITTER * random)), Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}

/** The pause that a `Retry-After` header asks for, ms: seconds or an HTTP date (RFC 9110). 0 for none. */
export function retryAfterOf(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND_MS;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
