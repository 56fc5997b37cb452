/** The client's place in the room of one session: joined for as long as the session has a listener. */
import { doubled, jittered } from './backoff.ts';
import { isAfter } from './clock/position.ts';
import type { Connection } from './connection.ts';
import type { ChangesEvent, EventEnvelope, SessionState, UpdateEvent } from './contract/index.ts';
import { type DeviceClock, later } from './device-clock.ts';
import { about, asError, retryAfter, SyncKairosError } from './errors.ts';
import type { KeepAlive } from './keep-alive.ts';
import { SessionStore } from './session-store.ts';

/** Pause before a join that failed for a passing reason is tried again, ms. */
const REJOIN_MS = 1_000;
/** Longest pause, ms, between two requests for a session that does not exist yet; the pauses double from 1 s on. */
const LONGEST_LOOK_MS = 16_000;
/** How many ended sessions without a listener are remembered. */
const REMEMBERED = 100;

export interface RoomsOptions {
  connection: Connection;
  /** The server's address, for errors. */
  url: string;
  clock: DeviceClock;
  alive: KeepAlive;
  /** Called with each newer state of a session that has listeners, with null where it has gone or has none any more. */
  follow: (sessionId: string, state: SessionState | null) => void;
  /** The server's time, in whole Unix milliseconds. */
  now: () => number;
}

export class Room {
  readonly store: SessionStore;
  readonly #options: RoomsOptions;
  readonly #rooms: Map<string, Room>;
  readonly #events: Connection['events'];
  #joined = false;
  /** A join or leave is under way; one at a time, so that the last wish wins. */
  #busy = false;
  /**
   * The newest position that was told during a join and did not follow the known state; an older answer to the join
   * does not suffice.
   */
  #missed: EventEnvelope | undefined;
  /** The latest pause before the session was asked for again, ms. */
  #lookedMs = 0;
  #callOffRetry: (() => void) | undefined;
  /** Keeps a Node process running while there is a listener. */
  #rest: (() => void) | undefined;

  /** `rooms`: all rooms of the client by their sessions' ids; this one adds and removes itself. */
  constructor(sessionId: string, options: RoomsOptions, rooms: Map<string, Room>) {
    const { connection, follow, now } = options;
    this.#options = options;
    this.#rooms = rooms;
    this.#events = connection.events;
    this.store = new SessionStore(sessionId, {
      onDemandChange: () => this.#demandChanged(),
      onState: (state) => follow(sessionId, state),
      onExpired: (event) => this.#events.emit('timeExpired', { server_time_ms: now(), ...event }),
      connectionError: () => connection.failure,
    });
    rooms.set(sessionId, this);
  }

  /** Whether the session's state is known but no updates of it come. */
  get isStale(): boolean {
    return !this.#joined && this.store.getSnapshot() !== null;
  }

  /** Call this when the connection is back or lost. */
  connected(isThere: boolean): void {
    this.#callOffRetry?.();
    if (isThere) void this.#settle();
    else this.#joined = false;
  }

  /** Takes an update; where changes do not follow on what is known, the whole state is asked for. */
  updated(event: UpdateEvent | ChangesEvent): void {
    if ('state' in event) this.store.offer(event.state, event.event_type);
    else if (!this.store.follow(event)) {
      this.#missed = event;
      this.#rejoin();
    }
  }

  /** Handles the deletion of the session. The deletion of a former incarnation of its id raises nothing. */
  deleted(event: EventEnvelope): void {
    if (this.store.remove(event)) {
      this.#joined = false;
      this.#missed = event;
      this.#lookedMs = 0;
      this.#lookAgain();
      this.#events.emit('sessionDeleted', event);
    } else if (isAfter(this.store.seen, event)) {
      // The server has emptied the former incarnation's room; the client may not be in the present one's room yet.
      this.#rejoin();
    }
  }

  /** An answer says that the session does not exist; where it was known, this counts as its deletion. */
  vanished(): void {
    const { seen, sessionId: session_id } = this.store;
    if (seen) this.deleted({ session_id, epoch: seen.epoch, version: seen.version + 1, server_time_ms: this.#options.now() });
  }

  /** Records the server's refusal of a join or a reading, or why the server could not be asked. */
  refused(error: SyncKairosError): void {
    // A lost connection joins again by itself once it is back.
    if (error.code === 'NETWORK_ERROR' || !this.store.wanted) return;
    const isGone = error.code === 'SESSION_NOT_FOUND';
    if (isGone && (this.#missed ?? this.store.getSnapshot())) return this.vanished();
    // A refusal by the server's limit is not reported: it says when the next try is allowed.
    const limitMs = retryAfter(error);
    if (limitMs === undefined && this.store.fail(error)) this.#events.emit('error', error);
    if (isGone) this.#lookAgain();
    else if (error.retryable) this.#retry(limitMs ?? REJOIN_MS);
  }

  #demandChanged(): void {
    const { connection, alive, follow } = this.#options;
    const { listened, wanted, sessionId } = this.store;
    follow(sessionId, wanted ? this.store.getSnapshot() : null);
    if (listened) {
      this.#rest ??= alive.listen();
    } else {
      this.#rest?.();
      this.#rest = undefined;
    }
    if (wanted) {
      // The room may have been dropped because its session had ended.
      this.#rooms.set(sessionId, this);
      // Opens the connection here, since the application may have disconnected before the code below runs.
      connection.open();
      this.#events.emit('wanted', undefined);
    }
    // Joined or left a moment later: React's StrictMode unsubscribes and subscribes again in one go.
    queueMicrotask(() => void this.#settle());
  }

  async #settle(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#joined !== this.store.wanted) {
        if (this.#options.connection.state !== 'connected') return;
        await (this.#joined ? this.#leave() : this.#join());
      }
      if (this.#isOver) this.#finished();
    } catch (thrown) {
      this.refused(about(asError(thrown), { command: 'session:join', sessionId: this.store.sessionId, url: this.#options.url }));
    } finally {
      this.#busy = false;
    }
  }

  get #isOver(): boolean {
    return this.store.over && !this.store.wanted;
  }

  /**
   * Keeps only the latest ended sessions without a listener, else a long-lived client would grow with every session.
   */
  #finished(): void {
    const { sessionId } = this.store;
    this.#rooms.delete(sessionId);
    this.#rooms.set(sessionId, this);
    const [oldest, ...others] = Array.from(this.#rooms.values()).filter((room) => room.#isOver);
    if (oldest && others.length >= REMEMBERED) this.#rooms.delete(oldest.store.sessionId);
  }

  #rejoin(): void {
    this.#joined = false;
    void this.#settle();
  }

  async #join(): Promise<void> {
    const { sessionId, seen } = this.store;
    // With this position the server notices what it has lost itself; a deleted session has none.
    const known = this.store.getSnapshot() && { last_known_version: seen?.version, last_known_epoch: seen?.epoch };
    this.#missed = undefined;
    const { connection } = this.#options;
    const join = (deltas: true | 2) => connection.exchange('session:join', { session_id: sessionId, deltas, ...known });
    const { state } = await join(2).catch((error: unknown) => {
      // An older server knows one form of changes only.
      if (error instanceof SyncKairosError && error.code === 'VALIDATION_ERROR') return join(true);
      throw error;
    });
    this.#joined = !isAfter(this.#missed, state);
    this.#lookedMs = 0;
    this.store.offer(state);
    this.#events.emit('connected', { sessionId });
  }

  async #leave(): Promise<void> {
    this.#joined = false;
    await this.#options.connection.exchange('session:leave', { session_id: this.store.sessionId });
  }

  /** A session that does not exist may be created later. */
  #lookAgain(): void {
    this.#lookedMs = doubled(this.#lookedMs, LONGEST_LOOK_MS);
    this.#retry(jittered(this.#lookedMs, Math.random()));
  }

  #retry(ms: number): void {
    this.#callOffRetry?.();
    this.#callOffRetry = later(this.#options.clock, () => void this.#settle(), ms);
  }
}
