/** Whether a clock ran out between two states of a session, for when the event that says so was missed. Pure. */
import { modeOf } from './clock/modes.ts';
import type { EventType, ExpiredEvent, ParticipantState, SessionState } from './contract/index.ts';

/**
 * The expiry that lies between two states, or null. `cause` is the type of the event that made `after`, where it is
 * known. With several versions in between, the latest expiry that the states show is returned; an expiry whose traces a
 * later turn has removed is not found.
 */
export function expiryBetween(before: SessionState, after: SessionState, cause?: EventType): Omit<ExpiredEvent, 'server_time_ms'> | null {
  if (after.created_at !== before.created_at) return null;
  const isNext = after.epoch === before.epoch && after.version === before.version + 1;
  const expired = after.participants.filter((participant, n) => participant.has_expired && before.participants[n]?.has_expired === false);
  const beganAtDeadline = before.deadline_at !== null && after.cycle_started_at === before.deadline_at;
  const traces = (after.status === 'expired' && before.status !== 'expired') || expired.length > 0 || beganAtDeadline;
  // Where the event's type is known and nothing lies in between, it alone decides.
  if (cause === 'participant_expired' ? false : (isNext && cause !== undefined) || !traces) return null;
  const who =
    expired.find((participant) => participant.participant_id === before.active_participant_id) ?? (isNext ? undefined : expired[0]);
  const { owners, acrossTurns } = modeOf(after);
  if (after.concurrent) return together(before, after, expired);
  const id = who?.participant_id ?? before.active_participant_id;
  const group = who?.group_id ?? before.active_group_id;
  return {
    session_id: after.session_id,
    epoch: after.epoch,
    version: after.version,
    expired_participant_id: acrossTurns ? null : id,
    expired_group_id: owners === 'groups' ? group : null,
    expired_at: isNext
      ? after.updated_at
      : ((after.status === 'expired' ? after.session_completed_at : before.deadline_at) ?? after.updated_at),
    action_applied: after.action_on_timeout,
  };
}

/** As `expiryBetween`, of a concurrent session: all clocks that have fallen since `before`. */
function together(before: SessionState, after: SessionState, expired: readonly ParticipantState[]): Omit<ExpiredEvent, 'server_time_ms'> {
  const ids = expired.map((one) => one.participant_id);
  return {
    session_id: after.session_id,
    epoch: after.epoch,
    version: after.version,
    expired_participant_id: ids.length === 1 ? (ids[0] ?? null) : null,
    expired_participant_ids: ids,
    expired_group_id: null,
    expired_at: expired[expired.length - 1]?.expired_at ?? before.deadline_at ?? after.updated_at,
    action_applied: after.action_on_timeout,
  };
}
