/** What the engine needs of the rooms around it. Store and transport implement these; app.ts connects them. */
import type { EventType, JsonObject, JsonValue, SessionState, Status } from '#contract';
import type { SessionEvent } from '../domain/event.ts';
import type { Outage } from '../domain/outage.ts';
import type { Position } from '../domain/position.ts';
import type { SessionIncarnation } from './incarnation.ts';

/** Redis is out of reach or refuses to work; whether the last command took effect is unknown. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}

/** What is stored under a session's key can't be read. */
export class UnreadableStateError extends Error {
  override name = 'UnreadableStateError';
}

/** A session as Redis has it. `state` is null for one that was deleted a while ago: its epoch must not come back. */
export interface StoredSession {
  version: number;
  epoch: number;
  state: SessionState | null;
  /** Warning thresholds that the running clock has yet to cross. */
  warnings: number[];
  /**
   * The version before the expiries that made this one, and when it was made (Unix ms); null when its last event was
   * something else.
   */
  expiredSince: { version: number; at: number } | null;
  /** Hash of its last event; null where no trail is kept. */
  lastHash: string | null;
  /** Names the commit that made it; null where unknown. */
  token: string | null;
  /** Set where the session is only in the trail: Redis does not have it. */
  archived?: true;
  /** When somebody was last known to be connected to it, Unix ms; 0 for never. Only where that was asked for. */
  seen?: number;
}

/** A session that can be played. */
export type LiveSession = StoredSession & { state: SessionState };

/** Where a session stands, without its state. */
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
  /** Whose key it is: others may use the same for something else. Undefined where nobody is asked who they are. */
  sender?: string | undefined;
  /** Tells the command and its payload from any other. */
  fingerprint: string;
  rememberMs: number;
}

export interface Commit {
  /**
   * What the decision was made on; null where no session may exist; version 0 where Redis lacks one that the trail has.
   */
  base: (Pick<StoredSession, 'version' | 'epoch'> & Partial<Pick<StoredSession, 'token' | 'state'>>) | null;
  /** What happened, oldest first, never empty. */
  events: SessionEvent[];
  /** JSON of the state after one of them; made when it is first asked for. */
  snapshotAt: (index: number) => string;
  /** What goes to other instances with the commit. */
  publications?: (left: Pick<LiveSession, 'lastHash' | 'token'>) => Publication[];
  /** The instant that was judged, Unix ms: the store refuses one that its own clock contradicts. */
  instant: number;
  /** The store refuses the commit before this instant of its own clock, Unix ms; 0 for any. */
  notBefore: number;
  /** How long the session stays in Redis from now. */
  lifetimeMs: number;
  /** When something is due next, Unix ms; null for never. */
  nextDue: number | null;
  /** Thresholds to arm. */
  warnings: number[];
  /**
   * Whether the same clock goes on, so that thresholds that are armed stay so, and those that were claimed since the
   * decision don't come back.
   */
  sameClock?: boolean;
  command?: CommandKey | undefined;
  /** As StoredSession has it, of what the events make. */
  expiredSince?: StoredSession['expiredSince'];
  /** Hash of the event before these in the trail; null for a session's first. */
  previousHash: string | null;
  /** Whether events go to the outbox. */
  audit: boolean;
}

export type CommitResult =
  | { outcome: 'committed'; lastHash: string | null; token: string }
  /** Somebody else was first; `session` is what is there now. */
  | { outcome: 'conflict'; session: StoredSession | null }
  /** This very command had its effect before. */
  | { outcome: 'repeated'; session: StoredSession | null; command: IdempotencyRecord }
  /** Our instant and the clock of Redis are too far apart. */
  | { outcome: 'clock' }
  /**
   * Redis has restarted or another server took over since the session's last commit, so that commits may be lost: the
   * session has to go on under a new epoch.
   */
  | { outcome: 'other_run' };

/**
 * Sessions in Redis. Every call throws StoreUnavailableError when Redis can't do its part, UnreadableStateError for a
 * state that is no state, NewerSchemaError for one that a newer version of the server wrote.
 */
export interface SessionStore {
  /** Reads a session and, with a `command`, what that command did before. */
  load(
    sessionId: string,
    command?: Pick<CommandKey, 'id' | 'sender'>,
  ): Promise<{ session: StoredSession | null; command: IdempotencyRecord | null }>;
  /** All of it or nothing. */
  commit(commit: Commit): Promise<CommitResult>;
  /** Remembers a command that makes no version, for the session as it was read. False when its id was used before. */
  remember(state: Told, command: CommandKey): Promise<boolean>;
  /**
   * Publishes what makes no version, for a session as it was read, and remembers its command, both or neither. False,
   * and nothing published, when the session was deleted or is another one by now, has not the expected version any
   * more, or the command's id was used before.
   */
  relay(
    state: Told,
    publication: Publication,
    sent: { expectedVersion?: number | undefined; command?: CommandKey | undefined },
  ): Promise<boolean>;
  /**
   * Claims thresholds of a clock that still runs, for whoever asks first, and says when something is due next. Returns
   * those claimed; null when the session has moved on.
   */
  claimWarnings(session: LiveSession, thresholds: number[], nextDue: number | null): Promise<number[] | null>;
  /** Sessions in which something has been due since `before` (Unix ms), at most `limit` of each partition. */
  overdue(before: number, limit: number): Promise<string[]>;
  /** Takes a session that is gone from what is due. */
  forget(sessionId: string): Promise<void>;
  /** Takes a session that can't be read from what is due, so that it keeps nobody else waiting. */
  setAside(sessionId: string): Promise<void>;
  /** Whether Redis has begun another run since the session's last commit, so that versions of it may be lost. */
  fromOtherRun(sessionId: string): Promise<boolean>;
  /**
   * Where sessions stand, in the order asked; null for what is not there, undefined where the part of Redis that has it
   * does not answer.
   */
  positions(sessionIds: string[]): Promise<(SessionPosition | null | undefined)[]>;
}

/** Marks in Redis by which all instances together tell whether anybody is served. */
export interface Marks {
  /** Says that an instance is alive. Returns the outages that are known, oldest first. Throws StoreUnavailableError. */
  mark(): Promise<Outage[]>;
  /** Says between two marks that the event loop goes round, so that nobody has to mark in its place. */
  alive(): void;
  close(): Promise<void>;
}

/** What a session's position and incarnation are taken from. */
export type Told = SessionIncarnation & Pick<SessionState, 'epoch' | 'version'>;

/** When somebody was connected to sessions. Every call throws StoreUnavailableError when Redis can't do its part. */
export interface Presence {
  /** Says that somebody is connected to each of these sessions at `now` (Unix ms). */
  mark(sessionIds: string[], now: number): Promise<void>;
  /** When an instance last said so, Unix ms; 0 where none did. */
  last(sessionId: string): Promise<number>;
}

/**
 * A message to other instances that a commit publishes: `head`, and where there is a `tail`, the state after the last
 * event and `tail` behind it.
 */
export interface Publication {
  channel: string;
  head: string;
  tail: string;
}

/** What a room is to be told of a commit. */
export interface Announcement {
  /** For sockets of other instances, given what the commit is about to leave behind. */
  publications: NonNullable<Commit['publications']>;
  /** Tells the sockets of this instance; for when the commit has gone through. */
  tell(): void;
}

/** The sockets that watch an incarnation of a session, on whatever instance. */
export interface Rooms {
  /**
   * Prepares to tell the room what a commit is about to make, oldest first. `snapshotAt` gives the JSON of the state
   * after an event, `session` what follows, `before` the state that it follows on.
   */
  announce(
    events: SessionEvent[],
    snapshotAt: (index: number) => string,
    session: Pick<LiveSession, 'warnings' | 'expiredSince'>,
    before: SessionState | null,
  ): Announcement;
  /** Tells the room that the running clock has crossed a threshold (ms left). */
  warn(state: SessionState, threshold: number): void;
  /**
   * A message that arrived at `arrival` (Unix ms, whole), as it is published, and by whom, where that is asked: to
   * sockets of this instance as well.
   */
  message(state: SessionState, message: JsonValue, arrival: number, actor?: JsonObject): Publication;
}
