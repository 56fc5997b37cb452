const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/** Milliseconds to wait before the `attempt`th (1, 2, …) try to reconnect: doubling from 1 s to 30 s, of which chance (0 to 1) takes up to half, so that clients of a dead instance don't return all at once. */
export function reconnectDelay(attempt: number, chance: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (1 - chance / 2);
}
