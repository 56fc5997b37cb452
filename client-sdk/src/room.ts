/** The client's place in the room of one session: joined for as long as somebody wants to hear of the session. */
import { doubled, jittered } from './backoff.ts';
import { isAfter } from './clock/position.ts';
import type { Connection } from './connection.ts';
import type { ChangesEvent, EventEnvelope, SessionState, UpdateEvent } from './contract/index.ts';
import { type DeviceClock, later } from './device-clock.ts';
import { asError, retryAfter, SyncKairosError } from './errors.ts';
import type { KeepAlive } from './keep-alive.ts';
import { SessionStore } from './session-store.ts';

/** Pause before a join is tried again that failed for a passing reason. */
const REJOIN_MS = 1_000;
/** While a session that somebody listens to does not exist: it is asked for after 1 s, doubling to this. */
const LONGEST_LOOK_MS = 16_000;
/** Finished games whose last state is kept. */
const REMEMBERED = 100;

export interface RoomsOptions {
  connection: Connection;
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
  /** What could not be followed while it was being joined: an answer that is older does not mend it. */
  #missed: EventEnvelope | undefined;
  /** How long was waited the last time that the session did not exist. */
  #lookedMs = 0;
  #callOffRetry: (() => void) | undefined;
  /** Keeps the process while somebody listens. */
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

  /** Whether the session's present state is known, and nobody tells of the next one. */
  get isStale(): boolean {
    return !this.#joined && this.store.getSnapshot() !== null;
  }

  /** There is a connection again, or none any more. */
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

  /** The session was deleted, and has no room any more; of a former incarnation of its id nobody is told. */
  deleted(event: EventEnvelope): void {
    if (this.store.remove(event)) {
      this.#joined = false;
      this.#missed = event;
      this.#lookedMs = 0;
      this.#lookAgain();
      this.#events.emit('sessionDeleted', event);
    } else if (isAfter(this.store.seen, event)) {
      // The server has put everybody out of the former one's room, but who is in the present one's?
      this.#rejoin();
    }
  }

  /** The session is not there any more, as an answer tells; that is news where it was known. */
  vanished(): void {
    const { seen, sessionId: session_id } = this.store;
    if (seen) this.deleted({ session_id, epoch: seen.epoch, version: seen.version + 1, server_time_ms: this.#options.now() });
  }

  /** Takes the server's refusal to tell of the session, or why it could not be asked. */
  refused(error: SyncKairosError): void {
    // A lost connection joins again by itself once it is back.
    if (error.code === 'NETWORK_ERROR' || !this.store.wanted) return;
    const isGone = error.code === 'SESSION_NOT_FOUND';
    if (isGone && (this.#missed ?? this.store.getSnapshot())) return this.vanished();
    // Of the server's limit nobody needs to know: it says when there is room again.
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
      // It may have been forgotten because its session was over.
      this.#rooms.set(sessionId, this);
      // Opened at once and not below, where an application may have disconnected in between.
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
      this.refused(asError(thrown));
    } finally {
      this.#busy = false;
    }
  }

  get #isOver(): boolean {
    return this.store.over && !this.store.wanted;
  }

  /**
   * Remembers only the latest games that are over and that nobody looks at, or a long-lived client would grow with
   * every game.
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
    // The server makes up for what was seen and got lost; of what was deleted there is nothing to make up for.
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

  /** A session that does not exist may begin to. */
  #lookAgain(): void {
    this.#lookedMs = doubled(this.#lookedMs, LONGEST_LOOK_MS);
    this.#retry(jittered(this.#lookedMs, Math.random()));
  }

  #retry(ms: number): void {
    this.#callOffRetry?.();
    this.#callOffRetry = later(this.#options.clock, () => void this.#settle(), ms);
  }
}
