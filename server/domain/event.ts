import { type Charge, type ClockHolder, derive, iso } from '#clock';
import { shareParticipants } from './changes.ts';
import type { EventType, JsonObject, SessionState } from '#contract';

/** Something that happened to a session: one version, one row of the trail. */
export interface SessionEvent extends Charge {
  event_type: EventType;
  /** Unix ms at which it happened. */
  at: number;
  metadata: JsonObject;
  /** Whose clock ran out; only where one did. */
  expired?: ClockHolder;
  /** The state after it. */
  state: SessionState;
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
  derive(draft, at);
  return { event_type, at, ...charge, metadata, state: shareParticipants(before, draft) };
}
