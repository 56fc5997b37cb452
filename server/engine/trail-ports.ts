/** What the engine and the transport need of the audit trail. Only app.ts brings them together. */
import type { EventType, SessionState } from '#contract';
import type { Life } from './life.ts';

/** A session as the trail last heard of it. */
export interface ArchivedSession {
  state: SessionState;
  lastHash: string | null;
  /** Whether its last event is its deletion. */
  deleted: boolean;
}

/** One of the lives that an id has had, as the trail knows it. */
export interface TrailLife extends Life {
  /** The epochs of its events; null while its creation has not arrived. */
  epochs: EpochRange | null;
  /** Whether its last event is its deletion. */
  deleted: boolean;
}

export interface EpochRange {
  begin: number;
  /** The newest one that is known. */
  newest: number;
  /** The first epoch behind it; null where nothing follows. */
  end: number | null;
}

/** A part of a session's history. */
export interface HistoryPage {
  /** JSON of each event: the trail has most of it as text, and it goes out as text. */
  events: string[];
  next_after_version: number;
}

/** The audit trail, as far as users ask for it. Rejects with StoreUnavailableError while its database is out of reach. */
export interface Trail {
  /** The newest snapshot of an id, also where that is of a deletion. */
  newest(sessionId: string): Promise<ArchivedSession | 'unknown'>;
  /** The lives of an id, oldest first: the newest `most` (twenty unless said otherwise), or of those that were created at an instant (ISO). */
  lives(sessionId: string, createdAt?: string, most?: number): Promise<TrailLife[]>;
  /**
   * Events after a version, without gaps, of all types or of some: those of some epochs, or of the newest life; `unknown` when no event of the session has
   * arrived, `deleted` when it was. Some types or all: at most `limit` versions are walked over, as long as the events have no more than a megabyte, and
   * `next_after_version` is the last of them.
   */
  history(
    sessionId: string,
    afterVersion: number,
    limit: number,
    types?: readonly EventType[],
    epochs?: EpochRange,
  ): Promise<HistoryPage | 'unknown' | 'deleted'>;
}

/** What tells a session that left Redis by age from one that Redis lost. Both reject with StoreUnavailableError while Redis is out of reach. */
export interface Departures {
  /** Unix ms since when Redis has kept idle sessions for as long as this instance asks, without a break. */
  keptSince(sessionId: string): Promise<number>;
  /** Unix ms before which all that was committed of a session has reached the trail; `-Infinity` where that can't be told. */
  completeUntil(sessionId: string): Promise<number>;
}
