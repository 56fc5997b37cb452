/** Participants who leave the order of a session, and come back to it. */
import {
  activeParticipant,
  beginCycle,
  complete,
  countTurn,
  cyclesAreOver,
  findClock,
  forfeitTurn,
  iso,
  keepClock,
  modeOf,
  passItem,
  runningOwner,
  settleOne,
  successor,
} from '#clock';
import type { ParticipantState, SessionState } from '#contract';
import { goOnOrEnd } from './clock-set.ts';

/** A participant of a draft who is out of the order from `at` (Unix ms) on, with their clock settled and stopped. */
export function withdrawn(draft: SessionState, one: ParticipantState, at: number): ParticipantState {
  if (draft.concurrent !== true) return { ...one, withdrawn: true };
  const stopped = settleOne(draft, one, at, null);
  return { ...stopped, ...(one.clock_status === 'running' ? { clock_status: 'paused' } : {}), withdrawn: true };
}

/**
 * A participant of a draft who is in the order again, with the clock that they had. In a concurrent `per_cycle`
 * somebody whose clock waits begins with the next cycle.
 */
export function returned(draft: SessionState, { withdrawn: _withdrawn, ...one }: ParticipantState): ParticipantState {
  return late(draft, one);
}

/** A participant who is there from now on. A cycle that is under way goes on without a clock that waits. */
export function late(draft: SessionState, one: ParticipantState): ParticipantState {
  const isLate = draft.sync_mode === 'per_cycle' && draft.status !== 'pending' && one.clock_status === 'waiting';
  return isLate ? { ...one, sits_out: true } : one;
}

/**
 * Goes on at `at` (Unix ms) after participants of a draft have withdrawn; the caller has settled. The turn of an active
 * one passes, and a concurrent session may have nobody left to wait for.
 */
export function goOnWithoutThem(draft: SessionState, at: number): void {
  if (draft.status === 'pending') {
    const { active_group_id: group, active_participant_id: active } = draft;
    const isThere = draft.participants.some(
      (one) => one.withdrawn !== true && (active === null ? one.group_id === group : one.participant_id === active),
    );
    // Else whoever was named to begin is gone, so the first in order begins.
    if (!isThere) Object.assign(draft, { active_participant_id: null, active_group_id: null });
  } else if (draft.concurrent === true) goOnOrEnd(draft, at);
  else if (activeParticipant(draft)?.withdrawn === true) passTurnOf(draft, at);
}

/**
 * Ends the turn of an active participant who has withdrawn: it is counted and charged, but its clock earns nothing, and
 * the turn passes as at a switch. The session is over where everybody else is out of time or gone. One that is paused
 * stays so.
 */
function passTurnOf(draft: SessionState, at: number): void {
  const { status } = draft;
  if (draft.items !== undefined) passItem(draft, at);
  else {
    countTurn(draft);
    const owner = runningOwner(draft);
    const next = successor(draft);
    const clock = owner === undefined || owner === 'session' ? undefined : findClock(draft, owner)?.clock;
    const staysInGroup = typeof owner === 'object' && 'group_id' in owner && next?.group_id === owner.group_id;
    if (owner !== undefined && clock !== undefined && !staysInGroup) keepClock(draft, owner, forfeitTurn(clock));
    if (cyclesAreOver(draft)) complete(draft, at);
    else if (next !== undefined || modeOf(draft).owners === 'session') beginCycle(draft, next, at);
    else {
      draft.status = draft.participants.some((one) => one.has_expired) ? 'expired' : 'cancelled';
      draft.session_completed_at = iso(at);
    }
  }
  if (status === 'paused' || draft.status !== status) draft.cycle_started_at = null;
}
