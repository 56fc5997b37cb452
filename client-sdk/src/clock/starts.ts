/** How a session begins, by a command or by itself at an instant that was planned. Pure. */
import type { ParticipantState, SessionState } from '../contract/state.ts';
import { deriveConcurrent, runOne, waitsForStart } from './concurrent.ts';
import { iso } from './instants.ts';
import { moveOn, presentItem } from './programme.ts';
import { activate, findParticipant, findPresent, firstInOrder } from './turn-order.ts';

/** When a pending session starts by itself, Unix ms; null where none does. */
export function startOf({ status, starts_at }: Pick<SessionState, 'status' | 'starts_at'>): number | null {
  return status === 'pending' && starts_at != null ? Date.parse(starts_at) : null;
}

/** Begins a draft of a pending session at `at` (Unix ms) with the turn of `first`; a programme with its first item. */
export function begin(draft: SessionState, first: ParticipantState | undefined, at: number): void {
  if (draft.items !== undefined) moveOn(draft, at);
  activate(draft, draft.items === undefined ? first : findPresent(draft, presentItem(draft)?.participant_id));
  draft.status = 'running';
  draft.session_started_at = iso(at);
  draft.cycle_started_at = iso(at);
}

/** Begins a draft of a concurrent session, or goes on with it, with all clocks that wait, at `at` (Unix ms). */
export function beginAll(draft: SessionState, at: number): void {
  if (draft.status === 'pending') {
    draft.status = 'running';
    if (draft.items !== undefined) moveOn(draft, at);
  }
  draft.session_started_at ??= iso(at);
  draft.participants = draft.participants.map((one) => (waitsForStart(one) ? { ...runOne(draft, one, at), clock_status: 'running' } : one));
}

/**
 * A session as its clocks go at `now` (Unix ms): once the planned start of a pending one has come, as begun then, which
 * everybody knows before the server has said so. Any other one as it is. What follows from the clocks stays as it was.
 */
export function asBegun(state: SessionState, now: number): SessionState {
  const at = startOf(state);
  if (at === null || now < at) return state;
  const draft = { ...state };
  if (state.concurrent === true) {
    beginAll(draft, at);
    deriveConcurrent(draft, at);
  } else begin(draft, findParticipant(state, state.active_participant_id) ?? firstInOrder(state), at);
  return draft;
}
