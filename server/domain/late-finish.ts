import { draftOf, goesOnAlone, iso } from '#clock';
import type { JsonObject, JsonValue, ParticipantState, SessionState } from '#contract';
import { NOTHING } from './clock-set.ts';
import type { Decision } from './decide.ts';
import { record } from './event.ts';
import { refuse } from './refusal.ts';

/**
 * A finish within `late_finish_ms` after the clock has fallen, also after the session has ended by itself. The
 * participant has then finished, `late_by_ms` says how late, and an expired session becomes completed. Later it is
 * refused with PARTICIPANT_EXPIRED. Undefined where the command is no late finish.
 */
export function finishedLate(
  state: SessionState,
  one: ParticipantState,
  now: number,
  at: number,
  answer: JsonValue | undefined,
): Decision | undefined {
  const { late_finish_ms: most } = state;
  if (most === undefined || one.withdrawn === true || one.clock_status !== 'expired' || one.expired_at == null || !isTaken(state))
    return undefined;
  const fell = Date.parse(one.expired_at);
  const finished = Math.max(now, fell);
  const late_by_ms = finished - fell;
  if (late_by_ms > most)
    return refuse('PARTICIPANT_EXPIRED', `The clock of ${one.participant_id} fell ${late_by_ms} ms ago; ${most} are allowed`);
  const draft = draftOf(state);
  const note: JsonObject = { finished_at: iso(finished), late_by_ms, ...(answer === undefined ? {} : { answer }) };
  draft.participants[state.participants.indexOf(one)] = { ...one, clock_status: 'finished', ...note };
  if (draft.status === 'expired') draft.status = 'completed';
  const charge = { ...NOTHING, participant_id: one.participant_id, time_remaining_ms: one.time_remaining_ms };
  return { ok: true, event: record(state, draft, 'participant_finished', at, charge, note) };
}

/**
 * Whether a session still takes a late finish: it goes on, or it has ended by itself. A session that a command ended
 * has clocks that have not ended, or it is completed although nobody has finished.
 */
function isTaken({ status, participants }: SessionState): boolean {
  if (status !== 'completed') return status !== 'cancelled' && status !== 'pending';
  return !participants.some(goesOnAlone) && participants.some(({ clock_status }) => clock_status === 'finished');
}
