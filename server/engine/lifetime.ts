import type { SessionState } from '#contract';

const DAY_MS = 86_400_000;

/** How long a deleted session's epoch is kept, so that an id that is used again does not repeat it. */
export const TOMBSTONE_MS = DAY_MS;

/** The shortest time for which a change stays in Redis, ms. */
export function shortestLifetime(idleMs: number): number {
  return Math.min(idleMs, DAY_MS);
}

/**
 * How long a session stays in Redis after a change at `now`, ms: until a day past its deadline; thirty days if its
 * clock runs and cannot expire; `idleMs` if no clock runs, or a day past its closing where that is later.
 */
export function lifetimeOf(state: SessionState, now: number, idleMs: number): number {
  const closes = state.deadline_at === null ? 0 : Date.parse(state.deadline_at) - now + DAY_MS;
  if (state.status !== 'running') return Math.max(idleMs, closes);
  if (state.deadline_at === null) return 30 * DAY_MS;
  return Math.max(0, Date.parse(state.deadline_at) - now) + DAY_MS;
}
