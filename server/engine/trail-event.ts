import { hash } from 'node:crypto';
import type { HistoryEvent, SessionState } from '#contract';

/**
 * An event in the form that is hashed: everything but its snapshot, with the hash of the previous event of its session.
 */
export type TrailEvent = Omit<HistoryEvent, 'state_snapshot'> & { previous_hash: string | null };

/**
 * An event as it travels to the trail. The version of the rules and the snapshot are not hashed; replaying checks both.
 * Events from before there were versions have none.
 */
export type QueuedTrailEvent = TrailEvent & { rules?: number };

/** SHA-256 of an event's canonical JSON, in base64url. */
export function hashOf(canonicalEvent: string): string {
  return hash('sha256', canonicalEvent, 'base64url');
}

/** The fields of a state that `sync_sessions` contains. An event without a snapshot carries them beside its changes. */
export const BRIEF_FIELDS = [
  'sync_mode',
  'status',
  'cycle_count',
  'created_at',
  'updated_at',
  'session_started_at',
  'session_completed_at',
] as const satisfies (keyof SessionState)[];
