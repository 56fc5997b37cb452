import { startOf } from '#clock';
import type { SessionState } from '#contract';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a deleted session's epoch is kept, so that an id that is used again does not repeat it. */
export const TOMBSTONE_MS = DAY_MS;

/** The shortest time for which a change stays in Redis, ms. */
export function shortestLifetime(idleMs: number): number {
  return Math.min(idleMs, DAY_MS);
}

/**
 * How long a session stays in Redis after a change at `now`, ms: until a day past its deadline; thirty days if its
 * clock runs and cannot expire. If no clock runs, `idleMs`, or until a day past its closing or an hour past its planned
 * start where one of them is later.
 */
export function lifetimeOf(state: SessionState, now: number, idleMs: number): number {
  const closes = state.deadline_at === null ? 0 : Date.parse(state.deadline_at) - now + DAY_MS;
  const start = startOf(state);
  if (state.status !== 'running') return Math.max(idleMs, closes, start === null ? 0 : start - now + HOUR_MS);
  if (state.deadline_at === null) return 30 * DAY_MS;
  return Math.max(0, Date.parse(state.deadline_at) - now) + DAY_MS;
}
