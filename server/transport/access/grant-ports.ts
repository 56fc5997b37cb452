/** The port through which share links are stored. The store implements it; app.ts connects the two. */
import type { SharedRole } from '#contract';

/** A share link that was given out and not revoked. */
export interface Grant {
  role: SharedRole;
  participant_id: string | null;
  /** Unix ms. */
  expires: number;
  /**
   * `created_at` of the session it was given out for: another session that gets the same id is none of its business.
   */
  created_at: string;
}

/**
 * The share links that are good, beside their sessions in Redis: what is not listed is not good. Every call throws
 * StoreUnavailableError when Redis can't do its part.
 */
export interface Grants {
  /** False where the session that it is for has as many as it may. */
  add(sessionId: string, linkId: string, grant: Grant): Promise<boolean>;
  find(sessionId: string, linkId: string): Promise<Grant | null>;
  /** Those of all sessions that have had the id, some of which may have expired. */
  list(sessionId: string): Promise<Map<string, Grant>>;
  /** False where none of them was listed. */
  remove(sessionId: string, linkIds: string[]): Promise<boolean>;
}
