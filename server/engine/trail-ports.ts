/** The interface of the audit trail to the engine. The audit part implements it; app.ts connects the two. */
import type { SessionState } from '#contract';

/** The newest state of a session in the trail. */
export interface ArchivedSession {
  state: SessionState;
  lastHash: string | null;
  /** Whether its last event is its deletion. */
  deleted: boolean;
}

/** The newest states in the audit trail. Rejects with StoreUnavailableError while its database is out of reach. */
export interface Trail {
  /** The newest snapshot of an id, also that of a deletion. */
  newest(sessionId: string): Promise<ArchivedSession | 'unknown'>;
}

/**
 * Tells a session that left Redis by age from one that Redis lost. Both reject with StoreUnavailableError while Redis
 * does not answer.
 */
export interface Departures {
  /** Unix ms since when Redis has kept idle sessions for as long as this instance wants, without a break. */
  keptSince(sessionId: string): Promise<number>;
  /** All events of a session before this instant (Unix ms) have reached the trail; `-Infinity` if that is unknown. */
  completeUntil(sessionId: string): Promise<number>;
}
