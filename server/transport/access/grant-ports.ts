/** The interface by which share links are stored. The store implements it; app.ts connects the two. */
import type { SharedRole } from '#contract';

/** A share link that was issued and not revoked. */
export interface Grant {
  role: SharedRole;
  participant_id: string | null;
  /** Unix ms. */
  expires: number;
  /** `created_at` of the session for which it was issued: it is not valid for another session that gets the same id. */
  created_at: string;
}

/**
 * The valid share links, beside their sessions in Redis; a link that is not listed is not valid. Every call throws
 * StoreUnavailableError when Redis does not answer or refuses.
 */
export interface Grants {
  /** False if the session has as many links as it may have. */
  add(sessionId: string, linkId: string, grant: Grant): Promise<boolean>;
  find(sessionId: string, linkId: string): Promise<Grant | null>;
  /** The links of all sessions that have had the id; some may have expired. */
  list(sessionId: string): Promise<Map<string, Grant>>;
  /** False if none of them was listed. */
  remove(sessionId: string, linkIds: string[]): Promise<boolean>;
}
