/** The port through which users read the audit trail. The audit implements it; app.ts connects the two. */
import type { EventType } from '#contract';
import type { Incarnation } from '../engine/incarnation.ts';

/** One of the incarnations that an id has had, as the trail knows it. */
export interface TrailIncarnation extends Incarnation {
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

/**
 * The history of sessions, in the audit trail. Rejects with StoreUnavailableError while its database is out of reach.
 */
export interface History {
  /**
   * The incarnations of an id, oldest first: the newest `most` (twenty unless said otherwise), or of those that were
   * created at an instant (ISO).
   */
  incarnations(sessionId: string, createdAt?: string, most?: number): Promise<TrailIncarnation[]>;
  /**
   * Events after a version, without gaps, of all types or of some: those of some epochs, or of the newest incarnation;
   * `unknown` when no event of the session has arrived, `deleted` when it was. Some types or all: at most `limit`
   * versions are walked over, as long as the events have no more than a megabyte, and
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
