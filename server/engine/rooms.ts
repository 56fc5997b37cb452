import type { JsonObject, JsonValue, SessionState } from '#contract';
import type { SessionEvent } from '../domain/draft.ts';
import type { Commit, LiveSession, Publication } from './ports.ts';

/** What a room is to be told of a commit. */
export interface Announcement {
  /** For sockets of other instances, given what the commit is about to leave behind. */
  publications: NonNullable<Commit['publications']>;
  /** Tells the sockets of this instance; for when the commit has gone through. */
  tell(): void;
}

/** The sockets that watch a life of a session, on whatever instance. */
export interface Rooms {
  /**
   * Prepares to tell the room what a commit is about to make, oldest first. `snapshotAt` gives the JSON of the state after an event, `session` what follows,
   * `before` the state that it follows on.
   */
  announce(
    events: SessionEvent[],
    snapshotAt: (index: number) => string,
    session: Pick<LiveSession, 'warnings' | 'expiredSince'>,
    before: SessionState | null,
  ): Announcement;
  /** Tells the room that the running clock has crossed a threshold (ms left). */
  warn(state: SessionState, threshold: number): void;
  /** A message that arrived at `arrival` (Unix ms, whole), as it is published, and by whom, where that is asked: to sockets of this instance as well. */
  message(state: SessionState, message: JsonValue, arrival: number, actor?: JsonObject): Publication;
}
