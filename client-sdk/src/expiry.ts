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
  const traces = expired.length > 0 || beganAtDeadline || (after.status === 'expired' && before.status !== 'expired');
  // Where the event's type is known and nothing lies in between, it alone decides.
  if (cause !== 'participant_expired' && ((isNext && cause) || !traces)) return null;
  const { owners, acrossTurns } = modeOf(after);
  const { session_id, epoch, version, action_on_timeout: action_applied } = after;
  const position = { session_id, epoch, version };
  if (after.concurrent) {
    // All clocks that have fallen since.
    const ids = expired.map((one) => one.participant_id);
    const expired_at = expired[expired.length - 1]?.expired_at ?? before.deadline_at ?? after.updated_at;
    const [only = null] = ids.length === 1 ? ids : [];
    return { ...position, expired_participant_id: only, expired_participant_ids: ids, expired_group_id: null, expired_at, action_applied };
  }
  const isActive = (one: ParticipantState): boolean => one.participant_id === before.active_participant_id;
  const who = expired.find(isActive) ?? (isNext ? undefined : expired[0]);
  const { participant_id: id = before.active_participant_id, group_id: group = before.active_group_id } = who ?? {};
  const ended = after.status === 'expired' ? after.session_completed_at : before.deadline_at;
  return {
    ...position,
    expired_participant_id: acrossTurns ? null : id,
    expired_group_id: owners === 'groups' ? group : null,
    expired_at: (isNext ? null : ended) ?? after.updated_at,
    action_applied,
  };
}
