import type { SessionState } from '#contract';
import { decide } from './decide.ts';
import type { SessionEvent } from './event.ts';
import type { Outage } from './outage.ts';

/**
 * When a running session ends as idle, Unix ms: `idleMs` after `active`, its last command or connection. An outage
 * counts as a connection, since nobody could connect.
 */
export function idleEnd(active: number, idleMs: number, outages: readonly Outage[]): number {
  // Outages come oldest first, so an earlier one can move the end beyond the beginning of a later one.
  return outages.reduce((end, { from, to }) => (from <= end ? Math.max(end, to + idleMs) : end), active + idleMs);
}

/**
 * Whether a session whose idle time is over at `end` must be ended by `until` (both Unix ms). A countdown that was
 * running at `end` is waited for; the cycles after it are not.
 */
export function isIdle({ status, updated_at, deadline_at }: SessionState, until: number, end: number): boolean {
  if (status !== 'running') return false;
  return Date.parse(updated_at) >= end || (deadline_at === null && end <= until);
}

/** Cancels an idle session as of `end` (Unix ms), or of its last event if that is later. */
export function endIdle(state: SessionState, end: number): SessionEvent {
  const decision = decide(state, { type: 'cancel', reason: 'idle' }, end);
  if (!decision.ok) throw new Error(`a running session can be cancelled: ${decision.message}`);
  return decision.event;
}
