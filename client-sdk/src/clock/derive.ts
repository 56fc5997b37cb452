/** The fields of a state that follow from the others. */
import type { ParticipantState, SessionState } from '../contract/state.ts';
import { untilFall } from './clock.ts';
import { deriveConcurrent } from './concurrent.ts';
import { findClock, participantClock } from './find.ts';
import { iso } from './instants.ts';
import { modeOf } from './modes.ts';
import { remainingOn } from './reading.ts';

/**
 * Fills in the deadline of the running clock, whose turn it is and the time that everybody has left, as of `at` (Unix
 * ms).
 */
export function derive(draft: SessionState, at: number): void {
  if (draft.concurrent === true) return deriveConcurrent(draft, at);
  const clock = draft.cycle_started_at === null ? undefined : findClock(draft, 'session')?.clock;
  const left = clock ? untilFall(clock) : null;
  const deadline = left === null || draft.cycle_started_at === null ? null : Date.parse(draft.cycle_started_at) + left;
  draft.deadline_at = deadline === null ? null : iso(deadline);
  if (draft.overrun_ms !== undefined) draft.zero_at = deadline === null ? null : iso(deadline - draft.overrun_ms);
  deriveTurns(draft, at);
}

/** Fills in `is_active` and `time_remaining_ms`, as of `at` (Unix ms). Unchanged entries stay the same objects. */
export function deriveTurns(draft: SessionState, at: number): void {
  if (draft.concurrent === true) return deriveConcurrent(draft, at);
  const turnIsOn = draft.status === 'running' || draft.status === 'paused';
  const left = leftOf(draft, at);
  draft.participants.forEach((one, index) => {
    const is_active = turnIsOn && one.participant_id === draft.active_participant_id;
    const time_remaining_ms = left(one);
    if (one.is_active !== is_active || one.time_remaining_ms !== time_remaining_ms) {
      draft.participants[index] = { ...one, is_active, time_remaining_ms };
    }
  });
  draft.groups.forEach((group, index) => {
    const is_active = turnIsOn && group.group_id === draft.active_group_id;
    if (group.is_active !== is_active) draft.groups[index] = { ...group, is_active };
  });
}

/** Time left of participants at `at`. A clock that several share is read once. */
function leftOf(state: SessionState, at: number): (participant: ParticipantState) => number | null {
  const { owners, acrossTurns } = modeOf(state);
  const read = (one: ParticipantState): number | null => {
    const found = participantClock(state, one);
    return found ? remainingOn(state, found, at) : null;
  };
  if (owners !== 'groups' && !acrossTurns) return read;
  const known = new Map<string | null, number | null>();
  return (one) => {
    const shared = owners === 'groups' ? one.group_id : null;
    let left = known.get(shared);
    if (left === undefined) known.set(shared, (left = read(one)));
    return left;
  };
}
