import { hash } from 'node:crypto';
import type { HistoryEvent, SessionState } from '#contract';

/** An event as it is hashed: everything but its snapshot, with the hash of the event before it in its session. */
export type TrailEvent = Omit<HistoryEvent, 'state_snapshot'> & { previous_hash: string | null };

/**
 * An event as it travels to the trail. The version of the rules by which it was made goes beside what is hashed, as its
 * snapshot does; replaying covers both. Events from before there were versions have none.
 */
export type QueuedTrailEvent = TrailEvent & { rules?: number };

/** SHA-256 of an event's canonical JSON, in base64url. */
export function hashOf(canonicalEvent: string): string {
  return hash('sha256', canonicalEvent, 'base64url');
}

/** What `sync_sessions` tells of a state. An event without a snapshot brings it along. */
export const BRIEF_FIELDS = [
  'sync_mode',
  'status',
  'cycle_count',
  'created_at',
  'updated_at',
  'session_started_at',
  'session_completed_at',
] as const satisfies (keyof SessionState)[];
