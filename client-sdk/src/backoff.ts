const FIRST_DELAY_MS = 1_000;
/** Most restarts are over by then. Before, clients try often, because a clock is running. */
const SHORT_OUTAGE_MS = 30_000;
const LONGEST_IN_SHORT_OUTAGE_MS = 2_000;

/** Twice the previous delay, ms; 1 s after 0; `longest` at most. */
export function doubled(before: number, longest: number): number {
  return Math.min(longest, before === 0 ? FIRST_DELAY_MS : 2 * before);
}

/**
 * How long to wait before the next attempt to reconnect, ms: from 1 s doubling to `longest`, but at most 2 s in the
 * first 30 s, so that clients return soon after a restart. `before`: the previous wait (0 for the first); `sinceMs`:
 * the time spent on attempts.
 */
export function reconnectDelay(before: number, sinceMs: number, longest: number): number {
  return doubled(before, sinceMs < SHORT_OUTAGE_MS ? Math.min(LONGEST_IN_SHORT_OUTAGE_MS, longest) : longest);
}

/**
 * Shortens a delay by up to half, by `chance` (0 to 1), so that clients of a dead instance do not all return at once.
 */
export function jittered(ms: number, chance: number): number {
  return ms * (1 - chance / 2);
}
