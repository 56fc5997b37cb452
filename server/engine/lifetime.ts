import type { SessionState } from '#contract';

const DAY_MS = 86_400_000;

/** A deleted session's epoch is remembered this long, so that an id that is used again can't repeat it. */
export const TOMBSTONE_MS = DAY_MS;

/** The shortest time for which a change stays in Redis, ms. */
export function shortestLifetime(idleMs: number): number {
  return Math.min(idleMs, DAY_MS);
}

/**
 * How long a session stays in Redis after a change at `now`, in ms: until a day past its deadline; thirty days where
 * the clock runs and nothing can run out; `idleMs` where nothing runs.
 */
export function lifetimeOf(state: SessionState, now: number, idleMs: number): number {
  if (state.status !== 'running') return idleMs;
  if (state.deadline_at === null) return 30 * DAY_MS;
  return Math.max(0, Date.parse(state.deadline_at) - now) + DAY_MS;
}
