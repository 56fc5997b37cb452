/** The interface by which users read the audit trail. The audit part implements it; app.ts connects the two. */
import type { EventType, Snapshots } from '#contract';
import type { AnswersSeen } from '../domain/told.ts';
import type { Incarnation } from '../engine/incarnation.ts';

/** An incarnation of an id, as the trail knows it. */
export interface TrailIncarnation extends Incarnation {
  /** The epochs of its events; null while its creation has not arrived. */
  epochs: EpochRange | null;
  /** Whether its last event is its deletion. */
  deleted: boolean;
}

export interface EpochRange {
  begin: number;
  /** The newest known one. */
  newest: number;
  /** The first epoch after it; null if there is none. */
  end: number | null;
}

/** A part of a session's history. */
export interface HistoryPage {
  /** JSON of each event: most of it is text in the trail and is sent as text. */
  events: string[];
  next_after_version: number;
}

/** The history of sessions. Rejects with StoreUnavailableError while the database of the trail is out of reach. */
export interface History {
  /**
   * The incarnations of an id, oldest first: the newest `most` (default twenty), or those created at an instant (ISO).
   */
  incarnations(sessionId: string, createdAt?: string, most?: number): Promise<TrailIncarnation[]>;
  /**
   * Events after a version, without gaps, of all types or of some; of the given epochs, or of the newest incarnation.
   * `unknown` if no event of the session has arrived, `deleted` if the session was deleted. Walks over at most `limit`
   * versions of any type, until the events have a megabyte; `next_after_version` is the last version of the walk.
   * `snapshots`: what events tell of the state after them, by default all of it. `answers`: whose hidden answers they
   * tell, by default nobody's.
   */
  history(
    sessionId: string,
    afterVersion: number,
    limit: number,
    types?: readonly EventType[],
    epochs?: EpochRange,
    snapshots?: Snapshots,
    answers?: AnswersSeen,
  ): Promise<HistoryPage | 'unknown' | 'deleted'>;
}
