/** The clock that an element shows, read from a state of its session. */
import type { Digits } from '../clock-store.ts';
import type { ClockOwner } from '../clock/find.ts';
import { modeOf } from '../clock/modes.ts';
import { cycleTimeUsed, isMoving, participantTimeUsed, readClock } from '../clock/reading.ts';
import type { SessionState } from '../contract/index.ts';
import { ownerOf } from '../who.ts';

/** What the element says of itself by `:state(…)`. */
export const STATES = ['running', 'paused', 'expired', 'overrun', 'offline', 'unsynced'] as const;
export type ElementState = (typeof STATES)[number];

/**
 * What a clock shows at an instant of the server (Unix ms), as one that falls or as one that counts up; null for an
 * unknown owner.
 */
export function readDigits(state: SessionState, who: string | undefined, counts: 'down' | 'up', at: number): Digits | null {
  const owner = ownerOf(state, who);
  if (owner === undefined) return null;
  if (counts === 'down') return readClock(state, owner, at);
  const used = participantOf(owner) === undefined ? cycleTimeUsed(state, at) : participantTimeUsed(state, participantOf(owner) ?? '', at);
  return used === null ? null : { left_ms: used, rate: moves(state, who, counts) ? 1 : 0, next_change_in_ms: null };
}

/** Whether its digits change by themselves. */
export function moves(state: SessionState, who: string | undefined, counts: 'down' | 'up'): boolean {
  const owner = ownerOf(state, who);
  if (owner === undefined) return false;
  if (counts === 'down') return isMoving(state, owner);
  const id = participantOf(owner);
  if (id === undefined || state.sync_mode === 'count_up') {
    return state.concurrent === true && id !== undefined ? isOnItsOwn(state, id) : state.cycle_started_at !== null;
  }
  return state.concurrent === true ? isOnItsOwn(state, id) : state.cycle_started_at !== null && state.active_participant_id === id;
}

/** Which way the clock of a session counts, if the page does not say. */
export function countsOf(state: SessionState): 'down' | 'up' {
  return modeOf(state).counts;
}

/** How the session, or in a concurrent one the clock of the owner, stands at an instant of the server. */
export function standingOf(state: SessionState, who: string | undefined, at: number): ElementState | undefined {
  const owner = ownerOf(state, who);
  if (owner === undefined) return undefined;
  const id = participantOf(owner);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  const group =
    typeof owner === 'object' && 'group_id' in owner ? state.groups.find(({ group_id }) => group_id === owner.group_id) : undefined;
  if (state.status === 'expired' || (one ?? group)?.has_expired === true) return 'expired';
  if (readClock(state, owner, at)?.phase === 'overrun') return 'overrun';
  const standing = state.status === 'running' ? (one?.clock_status ?? 'running') : state.status;
  return standing === 'running' || standing === 'paused' ? standing : undefined;
}

/** The name of whoever has the clock, else their id; of a session its title, else nothing. */
export function nameOf(state: SessionState, who: string | undefined): string {
  if (who === undefined) return typeof state.metadata['title'] === 'string' ? state.metadata['title'] : '';
  return state.participants.find(({ participant_id }) => participant_id === who)?.name ?? who;
}

function isOnItsOwn(state: SessionState, id: string): boolean {
  return state.participants.some((one) => one.participant_id === id && one.cycle_started_at != null);
}

function participantOf(owner: ClockOwner): string | undefined {
  return typeof owner === 'object' && 'participant_id' in owner ? owner.participant_id : undefined;
}
