/** Events of a concurrent session that no command makes: its clocks fall, or an outage is taken into account. */
import { closingOf, draftOf, goesOnAlone, instantOf, iso, runOne, settleOne } from '#clock';
import type { EventType, JsonObject, ParticipantState, SessionState } from '#contract';
import { chargeOf, counted, end, goOnOrEnd, NOTHING, stopClocks } from './clock-set.ts';
import { record, type SessionEvent } from './event.ts';
import type { Outage } from './outage.ts';

/**
 * All clocks that fall at the session's deadline, as one event as of that instant: those that run out then, and those
 * that are closed then, whatever their status. A session that has not begun by its closing is cancelled.
 */
export function expireConcurrent(state: SessionState): SessionEvent {
  const { deadline_at, updated_at } = state;
  // A closing within an outage takes effect after it: the closing does not move, and instants do not go back.
  const at = Math.max(Date.parse(deadline_at ?? updated_at), Date.parse(updated_at));
  if (state.status === 'pending' && state.closes_at === deadline_at) return stopped(state, 'cancelled', 'session_cancelled', at, CLOSED);
  const draft = draftOf(state);
  const instant = iso(at);
  const hasCome = (due: string | null | undefined): boolean => due != null && due <= instant;
  const fallen: ParticipantState[] = [];
  for (const [index, one] of draft.participants.entries()) {
    if (!goesOnAlone(one) || !(hasCome(one.deadline_at) || hasCome(closingOf(state, one)))) continue;
    const settled = settleOne(draft, one, at, null);
    const after: ParticipantState = { ...counted(settled), clock_status: 'expired', has_expired: true, expired_at: instant };
    draft.participants[index] = after;
    fallen.push(after);
  }
  const charge = chargeOf(state, draft, fallen);
  const action = draft.action_on_timeout;
  if (action?.type === 'end_session' && draft.status !== 'pending') {
    stopClocks(draft, at);
    end(draft, 'expired', at);
  } else goOnOrEnd(draft, at);
  const metadata: JsonObject = { participant_ids: fallen.map(({ participant_id }) => participant_id) };
  if (action !== null) metadata['action_applied'] = action;
  const event = record(state, draft, 'participant_expired', at, charge, metadata);
  return { ...event, expired: { participant_id: charge.participant_id, group_id: null } };
}

const CLOSED: JsonObject = { reason: 'closed' };

/** As `takeIntoAccount`, for a concurrent session. */
export function takeIntoAccountConcurrent(state: SessionState, { from, to }: Outage): SessionEvent {
  const metadata = { outage: { from: iso(from), to: iso(to) } };
  if (state.outage_policy === 'pause') return stopped(state, 'paused', 'session_paused', from, { ...metadata, reason: 'outage' });
  const draft = draftOf(state);
  draft.participants = draft.participants.map((one) =>
    one.cycle_started_at == null ? one : runOne(draft, one, instantOf(one.cycle_started_at) + (to - from)),
  );
  return record(state, draft, 'session_credited', to, NOTHING, { ...metadata, credited_ms: to - from });
}

/** An event that settles and stops all clocks; each `clock_status` stays what it was for when the session goes on. */
export function stopped(
  state: SessionState,
  status: SessionState['status'],
  type: EventType,
  at: number,
  metadata: JsonObject = {},
): SessionEvent {
  const draft = draftOf(state);
  const ran = stopClocks(draft, at);
  if (status === 'completed' || status === 'cancelled') end(draft, status, at);
  draft.status = status;
  return record(state, draft, type, at, chargeOf(state, draft, ran), metadata);
}
