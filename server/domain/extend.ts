import { adjust, draftOf, findClock, findParticipant, keepClock, settleSession } from '#clock';
import type { Extension, JsonObject, SessionState } from '#contract';
import { hasWithdrawn } from './allowed.ts';
import { checkCycleCount } from './cycle-guard.ts';
import { record, type SessionEvent } from './event.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface Extending {
  participant_id?: string | undefined;
  reason?: string | undefined;
  /** The cycle to which the extension applies. */
  cycle_count?: number | undefined;
}

/**
 * Extends the running cycle or countdown at `at` (Unix ms), by the rules of its `extension`. It is a version also where
 * it moves nothing. Refusals: INVALID_STATE_TRANSITION where the session has no `extension`, CONFLICT for another
 * cycle, PARTICIPANT_NOT_FOUND, INVALID_STATE_TRANSITION for one who has withdrawn.
 */
export function extend(state: SessionState, wish: Extending, at: number): { ok: true; event: SessionEvent } | Refusal {
  const { extension } = state;
  if (extension === undefined) {
    const details = { status: state.status, command: 'extend' };
    return refuse('INVALID_STATE_TRANSITION', 'Cannot extend: session was created without an extension', details);
  }
  const { participant_id, reason, cycle_count } = wish;
  const otherCycle = checkCycleCount(state, cycle_count);
  if (otherCycle !== null) return otherCycle;
  const asker = participant_id === undefined ? undefined : findParticipant(state, participant_id);
  if (participant_id !== undefined && asker === undefined) {
    return refuse('PARTICIPANT_NOT_FOUND', `No participant ${participant_id} in this session`);
  }
  if (asker?.withdrawn === true) return hasWithdrawn(state, asker, 'extend');
  const draft = draftOf(state);
  const charge = settleSession(draft, at);
  const left_ms = charge.time_remaining_ms ?? 0;
  const extended_ms = extensionOf(draft, extension, left_ms);
  const clock = findClock(draft, 'session')?.clock;
  if (extended_ms > 0 && clock !== undefined) {
    keepClock(draft, 'session', adjust(clock, extended_ms));
    draft.extended_ms = (draft.extended_ms ?? 0) + extended_ms;
    draft.extension_count = (draft.extension_count ?? 0) + 1;
  }
  const metadata: JsonObject = { extended_ms, left_ms };
  if (participant_id !== undefined) metadata['participant_id'] = participant_id;
  if (reason !== undefined) metadata['reason'] = reason;
  return { ok: true, event: record(state, draft, 'session_extended', at, charge, metadata) };
}

/** By how much an extension moves an end that is `left` ms away; 0 outside the window and beyond the maxima. */
function extensionOf({ extended_ms = 0, extension_count = 0 }: SessionState, extension: Extension, left: number): number {
  const { window_ms, by_ms, mode, max_total_ms = Number.POSITIVE_INFINITY, max_count = Number.POSITIVE_INFINITY } = extension;
  if (left > window_ms || extension_count >= max_count) return 0;
  const later = mode === 'add' ? by_ms : by_ms - left;
  return Math.max(0, Math.min(later, max_total_ms - extended_ms));
}
