/** The interfaces that the engine needs. Store and transport implement them; app.ts connects them. */
import type { Position } from '#clock';
import type { EventType, JsonObject, JsonValue, SessionState, Status } from '#contract';
import type { Crossing } from '../domain/clock-warnings.ts';
import type { SessionEvent } from '../domain/event.ts';
import type { Outage } from '../domain/outage.ts';
import type { UndoHistory } from '../domain/undo.ts';
import type { SessionIncarnation } from './incarnation.ts';

/** Redis does not answer or refuses; whether the last command took effect is unknown. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}

/** What is stored under a session's key is unreadable. */
export class UnreadableStateError extends Error {
  override name = 'UnreadableStateError';
}

/**
 * A session as stored in Redis. `state` is null for one that was deleted less than a day ago: its epoch must not be
 * used again.
 */
export interface StoredSession {
  version: number;
  epoch: number;
  state: SessionState | null;
  /**
   * Warning thresholds that the running clock has yet to cross. Of a concurrent session instants (Unix ms): up to the
   * latest one its warnings were sent.
   */
  warnings: number[];
  /**
   * The version before the unbroken series of expiries that led to this one, and when that version was made (Unix ms);
   * null if the last event was no expiry.
   */
  expiredSince: { version: number; at: number } | null;
  /** Hash of its last event; null if no trail is kept. */
  lastHash: string | null;
  /** The token of the commit that made it; null if unknown. */
  token: string | null;
  /** What is kept so that turns can be taken back. Set if the session has an `undo_depth`. */
  undo?: UndoHistory | undefined;
  /** Set if only the trail has the session. */
  archived?: true;
  /** When somebody was last connected to it, Unix ms; 0 for never. Set only if that was read. */
  seen?: number;
}

/** A session that exists and was not deleted. */
export type LiveSession = StoredSession & { state: SessionState };

/** The position of a session, without its state. */
export interface SessionPosition extends Position {
  status: Status;
  /** What its last event was. */
  event_type: EventType;
}

/**
 * What is stored of a `command_id` that took effect: the fingerprint of its command, the version that it made, and the
 * incarnation (`incarnationOf`) of the id that it was applied to.
 */
export interface IdempotencyRecord {
  fingerprint: string;
  version: number;
  /** Undefined in a record that an older version of the server wrote. */
  incarnation: string | undefined;
}

/** A command's idempotency key as the engine knows it. */
export interface CommandKey {
  id: string;
  /** Whose key it is: another sender may use the same one for another command. Undefined with AUTH_MODE=none. */
  sender?: string | undefined;
  /** Identifies the command and its payload. */
  fingerprint: string;
  rememberMs: number;
}

export interface Commit {
  /** The session on which the decision was made; null if none may exist; version 0 if only the trail has it. */
  base: (Pick<StoredSession, 'version' | 'epoch'> & Partial<Pick<StoredSession, 'token' | 'state'>>) | null;
  /** What happened, oldest first, never empty. */
  events: SessionEvent[];
  /** JSON of the state after one of the events; made when first asked for. */
  snapshotAt: (index: number) => string;
  /** The messages that the commit sends to other instances. */
  publications?: (left: Pick<LiveSession, 'lastHash' | 'token'>) => Publication[];
  /** The instant at which the command was judged, Unix ms; the store refuses one that its own clock contradicts. */
  instant: number;
  /** The earliest such instant where several commands are committed together; `instant` is the latest then. */
  oldest?: number | undefined;
  /** The store refuses the commit before this instant of its own clock, Unix ms; 0 for no bound. */
  notBefore: number;
  /** How long the session stays in Redis from now. */
  lifetimeMs: number;
  /** When something is due next, Unix ms; null for never. */
  nextDue: number | null;
  /** Thresholds to arm. */
  warnings: number[];
  /**
   * Whether the same clock goes on. Armed thresholds then stay armed, and those claimed since the decision stay
   * claimed.
   */
  sameClock?: boolean;
  command?: CommandKey | undefined;
  /**
   * Instead of `command`, the keys of the commands that made the events, at their places; undefined for one without a
   * key. If any of them had its effect before, nothing is committed, and the outcome is a conflict.
   */
  commands?: readonly (CommandKey | undefined)[] | undefined;
  /** As in StoredSession, after the events. */
  expiredSince?: StoredSession['expiredSince'];
  /** As in StoredSession, after the events. */
  undo?: UndoHistory | undefined;
  /** Hash of the event before these in the trail; null for a session's first. */
  previousHash: string | null;
  /** Whether events go to the outbox. */
  audit: boolean;
}

export type CommitResult =
  | { outcome: 'committed'; lastHash: string | null; token: string }
  /** Another commit was first; `session` is the present one. */
  | { outcome: 'conflict'; session: StoredSession | null }
  /** The same of several commands on a session that is too large to be read again and again: other ways bring it. */
  | { outcome: 'behind' }
  /** This very command had its effect before. */
  | { outcome: 'repeated'; session: StoredSession | null; command: IdempotencyRecord }
  /** The commit's instant and the clock of Redis are too far apart. */
  | { outcome: 'clock' }
  /**
   * Redis has restarted or another server took over since the session's last commit, so that commits may be lost: the
   * session has to go on under a new epoch.
   */
  | { outcome: 'other_run' };

/**
 * Sessions in Redis. Every call throws StoreUnavailableError when Redis does not answer or refuses,
 * UnreadableStateError for a malformed state, NewerSchemaError for a state that a newer version of the server wrote.
 */
export interface SessionStore {
  /** Reads a session and, with a `command`, that command's idempotency record. */
  load(
    sessionId: string,
    command?: Pick<CommandKey, 'id' | 'sender'>,
  ): Promise<{ session: StoredSession | null; command: IdempotencyRecord | null }>;
  /** Commits all of it or nothing. */
  commit(commit: Commit): Promise<CommitResult>;
  /**
   * Stores the idempotency record of a command that makes no version, for the session as it was read. False if its id
   * was used before.
   */
  remember(state: Told, command: CommandKey): Promise<boolean>;
  /**
   * Publishes a message that makes no version, for a session as it was read, and stores its command's idempotency
   * record; both or neither. False, without publishing, if the session was deleted or replaced, does not have the
   * expected version, or the command's id was used before.
   */
  relay(
    state: Told,
    publication: Publication,
    sent: { expectedVersion?: number | undefined; command?: CommandKey | undefined },
  ): Promise<boolean>;
  /**
   * Claims thresholds of a clock that still runs, for the first caller, and sets when the session is due next. Returns
   * the claimed thresholds; null if the session has changed since it was read.
   */
  claimWarnings(session: LiveSession, thresholds: number[], nextDue: number | null): Promise<number[] | null>;
  /**
   * Claims all warnings of a concurrent session up to `until` (Unix ms), and sets when it is due next. False if another
   * instance has claimed some since the session was read, or the session has changed.
   */
  claimUntil(session: LiveSession, until: number, nextDue: number | null): Promise<boolean>;
  /** Sessions that have been due since `before` (Unix ms) or earlier, at most `limit` of each partition. */
  overdue(before: number, limit: number): Promise<string[]>;
  /** Removes a session that is gone from the due set. */
  forget(sessionId: string): Promise<void>;
  /** Removes an unreadable session from the due set, so that it does not hold up others. */
  setAside(sessionId: string): Promise<void>;
  /** Whether another run of Redis took the session's last commit, so that versions of it may be lost. */
  fromOtherRun(sessionId: string): Promise<boolean>;
  /**
   * The positions of sessions, in the order asked; null for a missing one, undefined if the node of Redis that has it
   * does not answer.
   */
  positions(sessionIds: string[]): Promise<(SessionPosition | null | undefined)[]>;
}

/** Marks in Redis by which all instances together tell whether anybody is served. */
export interface Marks {
  /** Writes a mark of life. Returns the known outages, oldest first. Throws StoreUnavailableError. */
  mark(): Promise<Outage[]>;
  /** Signals between two marks that the event loop is not blocked, so that the watchdog need not write marks. */
  alive(): void;
  close(): Promise<void>;
}

/** The part of a state that tells a session's position and incarnation. */
export type Told = SessionIncarnation & Pick<SessionState, 'epoch' | 'version'>;

/**
 * When somebody was connected to sessions. Every call throws StoreUnavailableError when Redis does not answer or
 * refuses.
 */
export interface Presence {
  /** Notes that somebody is connected to each of these sessions at `now` (Unix ms). */
  mark(sessionIds: string[], now: number): Promise<void>;
  /** When an instance last noted that, Unix ms; 0 if none did. */
  last(sessionId: string): Promise<number>;
}

/**
 * A message to other instances that a commit publishes: `head`; if `tail` is not empty, followed by the state after the
 * last event and by `tail`.
 */
export interface Publication {
  channel: string;
  head: string;
  tail: string;
}

/** What a room is told of a commit. */
export interface Announcement {
  /** The messages for other instances, given the hash and the token of the commit. */
  publications: NonNullable<Commit['publications']>;
  /** Tells the sockets of this instance. Call it after the commit. */
  tell(): void;
}

/** The rooms of sessions, on all instances. */
export interface Rooms {
  /**
   * Prepares what the room is told of a commit's events, oldest first. `snapshotAt` gives the JSON of the state after
   * an event; `session` is the session after the commit, `before` the state before it.
   */
  announce(
    events: SessionEvent[],
    snapshotAt: (index: number) => string,
    session: Pick<LiveSession, 'warnings' | 'expiredSince'>,
    before: SessionState | null,
  ): Announcement;
  /** Tells the room that the running clock has crossed a threshold (ms left). */
  warn(state: SessionState, threshold: number): void;
  /** Tells the room that clocks of a concurrent session have crossed a threshold. */
  warnOfClocks(state: SessionState, crossing: Crossing): void;
  /**
   * The publication of a message that arrived at `arrival` (Unix ms), with its sender if that is known. Goes to sockets
   * of this instance as well.
   */
  message(state: SessionState, message: JsonValue, arrival: number, actor?: JsonObject): Publication;
}
