import type { HistoryEvent, SessionState } from '#contract';

/**
 * Every so many versions an event carries the whole state, so that no state is further than this from one that the
 * trail holds.
 */
export const SNAPSHOT_EVERY = 100;
/** A session whose state is larger than this as JSON is large: its events carry changes in place of the state. */
const LARGE_BYTES = 16 * 1024;
/** Changes of more than this part of a large state save too little, and would make reading it expensive. */
const PART = 1 / 4;

type Kind = Pick<HistoryEvent, 'event_type' | 'metadata'>;

/** Whether no command made an event (an expiry or an outage), so that the rules alone lead to the state after it. */
export function followsByItself({ event_type, metadata }: Kind): boolean {
  return event_type === 'participant_expired' || metadata['outage'] !== undefined;
}

/**
 * Whether an event carries the state after it whatever its size: the first event of an epoch, each hundredth version,
 * the event by which a session ends, and its deletion. `before` is the state before the event.
 */
export function mustCarrySnapshot(
  { event_type }: Kind,
  { status, version, epoch }: SessionState,
  before: Pick<SessionState, 'epoch' | 'status'> | undefined,
): boolean {
  const hasEnded = status === 'expired' || status === 'completed' || status === 'cancelled';
  // Late finishes follow the end of a session, possibly a thousand of them.
  const isEnd = event_type === 'session_deleted' || (hasEnded && before?.status !== status);
  return isEnd || version % SNAPSHOT_EVERY === 0 || epoch !== before?.epoch;
}

/** Whether a state of so many bytes is too large to be carried by each event. */
export function isTooLarge(bytes: number): boolean {
  return bytes > LARGE_BYTES;
}

/** Whether changes of so many bytes are carried in place of a state of `stateBytes`, rather than the state. */
export function saveEnough(bytes: number, stateBytes: number): boolean {
  return bytes < (isTooLarge(stateBytes) ? stateBytes * PART : stateBytes);
}
