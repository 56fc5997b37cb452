import type { HistoryEvent, SessionState } from '#contract';

/**
 * Each so many versions an event carries the whole state whatever it is, so that no state is further than this from one
 * that the trail has.
 */
export const SNAPSHOT_EVERY = 100;
/** A session whose state is larger than this as JSON is large: what follows by itself carries no snapshot. */
const LARGE_BYTES = 16 * 1024;

type Kind = Pick<HistoryEvent, 'event_type' | 'metadata'>;

/**
 * Whether an event is one that nobody's command made, an expiry or an outage: the rules alone lead to the state after
 * it.
 */
export function followsByItself({ event_type, metadata }: Kind): boolean {
  return event_type === 'participant_expired' || metadata['outage'] !== undefined;
}

/**
 * Whether an event must carry a snapshot wherever it is in its commit: the state after it can't be had without, or only
 * by a long way back. `epochBefore` is that of the event before it.
 */
export function mustCarrySnapshot(event: Kind, { status, version, epoch }: SessionState, epochBefore: number | undefined): boolean {
  const goesOn = status === 'running' || status === 'paused';
  return !followsByItself(event) || !goesOn || version % SNAPSHOT_EVERY === 0 || epoch !== epochBefore;
}

/**
 * Whether the last event of a commit, that need not carry a snapshot, carries none: the state is too large to be
 * written down for each.
 */
export function isTooLarge(bytes: number): boolean {
  return bytes > LARGE_BYTES;
}
