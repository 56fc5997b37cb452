import { draftOf, iso } from '#clock';
import type { SessionState } from '#contract';
import type { SessionEvent } from './event.ts';

export const LOST = 'Brought back from the audit trail; what had not reached the trail is lost';
/** Why a session that Redis still has is brought back. */
export const ROLLED_BACK = 'Redis lost its last moments; what had not reached the audit trail is lost with them';

/**
 * Brings a snapshot of the trail back as the next version under a new epoch, at `now` (Unix ms). Its clock and
 * `updated_at` stay unchanged, so that expiries of the meantime are applied afterwards as of their own deadlines.
 */
export function recover(snapshot: SessionState, now: number, warning = LOST): SessionEvent {
  const event = bringBack(snapshot, now);
  event.state.metadata = { ...snapshot.metadata, recovered: true, recovered_at: iso(now), recovery_warning: warning };
  return event;
}

/**
 * As `recover`, for a session that left Redis by age, so that nothing of it is lost: only the event says that it came
 * back.
 */
export function resume(snapshot: SessionState, now: number): SessionEvent {
  return { ...bringBack(snapshot, now), metadata: { resumed: true } };
}

function bringBack(snapshot: SessionState, now: number): SessionEvent {
  const state = draftOf(snapshot);
  state.version += 1;
  state.epoch = nextEpoch(snapshot.epoch, now);
  if (state.undo_depth !== undefined) state.undo_available = 0;
  const charge = { participant_id: null, group_id: null, time_elapsed_ms: 0, time_remaining_ms: null };
  return { event_type: 'session_recovered', at: now, ...charge, metadata: {}, state };
}

/** An epoch that was never used: greater than the last one, and not earlier than `now`. */
export function nextEpoch(previous: number, now: number): number {
  return Math.max(previous + 1, now);
}
