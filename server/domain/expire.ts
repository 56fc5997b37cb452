import {
  beginCycle,
  beginItem,
  clockHolder,
  cyclesAreOver,
  draftOf,
  countTurn,
  endItem,
  iso,
  markExpired,
  modeOf,
  presentItem,
  settleSession,
  successor,
} from '#clock';
import type { SessionState } from '#contract';
import { expireConcurrent } from './fall.ts';
import { record, type SessionEvent } from './event.ts';

/** Whether the running clock has run out at `now` (Unix ms). At the deadline it has, 1 ms before it has not. */
export function isDue(state: SessionState, now: number): boolean {
  return state.deadline_at !== null && Date.parse(state.deadline_at) <= now;
}

/**
 * One expiry of a running clock: it is charged up to its deadline, and either the next cycle begins there or the
 * session is over. Of a concurrent session all clocks that fall at one instant do so in one event.
 */
export function expire(state: SessionState): SessionEvent {
  if (state.concurrent === true) return expireConcurrent(state);
  const at = Date.parse(state.deadline_at ?? state.updated_at);
  const draft = draftOf(state);
  const expired = clockHolder(draft);
  const charge = settleSession(draft, at);
  markExpired(draft);
  countTurn(draft);
  if (!goesOn(draft) || !beginNext(draft, at)) {
    endItem(draft, at);
    draft.status = 'expired';
    draft.cycle_started_at = null;
    draft.session_completed_at = iso(at);
  }
  const action = draft.action_on_timeout;
  const event = record(state, draft, 'participant_expired', at, charge, action === null ? {} : { action_applied: action });
  return { ...event, expired };
}

/** Begins the next item or the next one's cycle at `at`; false where nothing follows. */
function beginNext(draft: SessionState, at: number): boolean {
  if (draft.items !== undefined) return beginItem(draft, at);
  const next = successor(draft);
  // Where nobody takes part a cycle follows of itself; else somebody must have time.
  const mayFollow = next !== undefined || draft.participants.every((one) => one.withdrawn === true);
  const somebodyFollows = !modeOf(draft).acrossTurns && !cyclesAreOver(draft) && mayFollow;
  if (somebodyFollows) beginCycle(draft, next, at);
  return somebodyFollows;
}

/**
 * Whether the next one's cycle begins when a clock runs out, if anybody can follow. An item of a programme may have it
 * otherwise than the session, unless any timeout is to end that.
 */
export function goesOn(state: SessionState): boolean {
  const { action_on_timeout: action, auto_advance } = state;
  if (action?.type === 'end_session') return false;
  return presentItem(state)?.auto_advance ?? (action?.type === 'skip_cycle' || auto_advance);
}
