import { type Charge, type ClockHolder, derive, deriveConcurrent, iso, isLazy } from '#clock';
import type { EventType, JsonObject, SessionState } from '#contract';
import { keepUnchanged, shareParticipants } from './changes.ts';
import { noteOfAnswers } from './told.ts';

/** An event of a session: one version, one row of the trail. */
export interface SessionEvent extends Charge {
  event_type: EventType;
  /** Unix ms at which it happened. */
  at: number;
  metadata: JsonObject;
  /** The owner whose clock ran out; only in an expiry. */
  expired?: ClockHolder;
  /** The state after it. */
  state: SessionState;
  /** JSON of `recordedChanges`, if it was made already. */
  changes?: string;
}

/**
 * Completes a draft of `before` into an event: next version, `updated_at`, and every field that follows from the
 * others.
 */
export function record(
  before: SessionState,
  draft: SessionState,
  event_type: EventType,
  at: number,
  charge: Charge,
  metadata: JsonObject = {},
): SessionEvent {
  draft.version += 1;
  draft.updated_at = iso(at);
  if (draft.undo_depth !== undefined && endsUndo(event_type, draft)) draft.undo_available = 0;
  if (isLazy(draft)) {
    keepUnchanged(before, draft);
    deriveConcurrent(draft, at, before.participants);
  } else {
    derive(draft, at);
    shareParticipants(before, draft);
  }
  const event = { event_type, at, ...charge, metadata, state: draft };
  if (before.answers !== undefined) event.metadata = { ...metadata, ...noteOfAnswers(before, draft, event) };
  return event;
}

/** Whether no turn from before this event can be taken back after it. */
export function endsUndo(eventType: EventType, { status }: SessionState): boolean {
  return EMPTYING.has(eventType) || (status !== 'running' && status !== 'paused' && status !== 'pending');
}

const EMPTYING: ReadonlySet<EventType> = new Set(['session_started', 'participant_expired', 'session_recovered']);
