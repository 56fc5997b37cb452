const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** Most restarts are over by then, and the clock of whose turn it is runs on. */
const SHORT_OUTAGE_MS = 30_000;
const LONGEST_IN_SHORT_OUTAGE_MS = 2_000;

/** Twice the delay before, in ms; 1 s where that was 0, and `longest` at most. */
export function doubled(before: number, longest: number): number {
  return Math.min(longest, before === 0 ? FIRST_DELAY_MS : 2 * before);
}

/**
 * Milliseconds to wait before the next try to reconnect, after `before` ms were waited for the last one (0: it is the
 * first) and `sinceMs` were spent on trying: doubling from 1 s to 30 s, but 2 s at most in the first 30 s, so that
 * clients are back soon after a restart.
 */
export function reconnectDelay(before: number, sinceMs: number): number {
  return doubled(before, sinceMs < SHORT_OUTAGE_MS ? LONGEST_IN_SHORT_OUTAGE_MS : LONGEST_DELAY_MS);
}

/** A delay of which chance (0 to 1) takes up to half, so that clients of a dead instance don't return all at once. */
export function jittered(ms: number, chance: number): number {
  return ms * (1 - chance / 2);
}
