/** What the engine needs of the audit trail. The audit implements it; app.ts connects the two. */
import type { SessionState } from '#contract';

/** A session as the trail last heard of it. */
export interface ArchivedSession {
  state: SessionState;
  lastHash: string | null;
  /** Whether its last event is its deletion. */
  deleted: boolean;
}

/** The newest states in the audit trail. Rejects with StoreUnavailableError while its database is out of reach. */
export interface Trail {
  /** The newest snapshot of an id, also where that is of a deletion. */
  newest(sessionId: string): Promise<ArchivedSession | 'unknown'>;
}

/**
 * What tells a session that left Redis by age from one that Redis lost. Both reject with StoreUnavailableError while
 * Redis is out of reach.
 */
export interface Departures {
  /** Unix ms since when Redis has kept idle sessions for as long as this instance asks, without a break. */
  keptSince(sessionId: string): Promise<number>;
  /**
   * Unix ms before which all that was committed of a session has reached the trail; `-Infinity` where that can't be
   * told.
   */
  completeUntil(sessionId: string): Promise<number>;
}
