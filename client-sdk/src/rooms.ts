/** Keeps the client in the rooms of the sessions it wants to hear of, whatever happens to the connection. */
import { doubled, jittered } from './backoff.ts';
import { isAfter } from './clock/position.ts';
import type { Connection } from './connection.ts';
import type { ChangesEvent, EventEnvelope, SessionState, UpdateEvent } from './contract/index.ts';
import { type DeviceClock, later } from './device-clock.ts';
import { asError, retryAfter, SyncKairosError } from './errors.ts';
import type { KeepAlive } from './keep-alive.ts';
import { SessionStore, type StoreHooks } from './session-store.ts';

/** Pause before a join that failed for a passing reason is tried again, ms. */
const REJOIN_MS = 1_000;
/** Longest pause, ms, between two requests for a session that does not exist yet; the pauses double from 1 s on. */
const LONGEST_LOOK_MS = 16_000;
/** How many ended sessions without a listener are remembered. */
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

interface Room {
  store: SessionStore;
  joined: boolean;
  /** A join or leave is under way; one at a time, so that the last wish wins. */
  busy: boolean;
  /**
   * The newest position that was told during a join and did not follow the known state; an older answer to the join
   * does not suffice.
   */
  missed?: EventEnvelope | undefined;
  /** The latest pause before the session was asked for again, ms. */
  lookedMs: number;
  callOffRetry?: () => void;
  /** Keeps a Node process running while there is a listener. */
  rest?: (() => void) | undefined;
}

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #over = new Set<string>();

  constructor(options: RoomsOptions) {
    this.#options = options;
    options.connection.events.on('state', (state) => {
      for (const room of this.#rooms.values()) {
        room.callOffRetry?.();
        if (state !== 'connected') room.joined = false;
        else void this.#settle(room);
      }
    });
    options.connection.events.on('failure', () => {
      for (const { store } of this.#rooms.values()) store.tell();
    });
  }

  /** The store of a session; always the same one for the same id. */
  store(sessionId: string): SessionStore {
    return this.#room(sessionId).store;
  }

  /** The store of a session if the client knows it. */
  known(sessionId: string): SessionStore | undefined {
    return this.#rooms.get(sessionId)?.store;
  }

  /** The state that is shown of a session; null where none is known. */
  state(sessionId: string): SessionState | null {
    return this.known(sessionId)?.getSnapshot() ?? null;
  }

  /** The sessions with a listener. */
  wanted(): string[] {
    return Array.from(this.#rooms.values(), ({ store }) => store)
      .filter((store) => store.wanted)
      .map((store) => store.sessionId);
  }

  /** Takes an update; where changes do not follow on what is known, the whole state is asked for. */
  updated(event: UpdateEvent | ChangesEvent): void {
    const room = this.#rooms.get(event.session_id);
    if (room === undefined) return;
    if ('state' in event) {
      room.store.offer(event.state, event.event_type);
    } else if (!room.store.follow(event)) {
      room.missed = event;
      this.#rejoin(room);
    }
  }

  /** Handles the deletion of a session. The deletion of a former incarnation of its id raises nothing. */
  deleted(event: EventEnvelope): void {
    const room = this.#rooms.get(event.session_id);
    if (room !== undefined) {
      if (!room.store.remove(event)) {
        // This is the deletion of a former incarnation. The server has emptied its room; the client may not be in the
        // present one's room yet.
        if (isAfter(room.store.seen, event)) this.#rejoin(room);
        return;
      }
      room.joined = false;
      room.missed = event;
      room.lookedMs = 0;
      this.#lookAgain(room);
    }
    this.#options.connection.events.emit('sessionDeleted', event);
  }

  /** Records the server's refusal of a join or a reading. */
  refused(sessionId: string, error: SyncKairosError): void {
    this.#failed(this.#room(sessionId), error);
  }

  /** An answer says that a session does not exist; where it was known, this counts as its deletion. */
  vanished(sessionId: string): void {
    const seen = this.known(sessionId)?.seen;
    if (seen === undefined) return;
    this.deleted({ session_id: sessionId, epoch: seen.epoch, version: seen.version + 1, server_time_ms: this.#options.now() });
  }

  /** Whether a session's state is known but no updates of it come. */
  isStale(sessionId: string): boolean {
    return this.#rooms.get(sessionId)?.joined === false && this.state(sessionId) !== null;
  }

  #room(sessionId: string): Room {
    let room = this.#rooms.get(sessionId);
    if (room === undefined) {
      const { connection, now } = this.#options;
      const hooks: StoreHooks = {
        onDemandChange: () => this.#demandChanged(created),
        onState: (state) => this.#options.follow(sessionId, state),
        onExpired: (event) => connection.events.emit('timeExpired', { server_time_ms: now(), ...event }),
        connectionError: () => connection.failure,
      };
      const created: Room = { store: new SessionStore(sessionId, hooks), joined: false, busy: false, lookedMs: 0 };
      this.#rooms.set(sessionId, (room = created));
    }
    return room;
  }

  #demandChanged(room: Room): void {
    const { connection, alive } = this.#options;
    const { listened, wanted, sessionId } = room.store;
    this.#options.follow(sessionId, wanted ? room.store.getSnapshot() : null);
    if (listened) {
      room.rest ??= alive.listen();
    } else {
      room.rest?.();
      room.rest = undefined;
    }
    // The room may have been dropped because its session had ended.
    if (wanted && !this.#rooms.has(sessionId)) this.#rooms.set(sessionId, room);
    // Opens the connection here, since the application may have disconnected before the code below runs.
    if (wanted) {
      connection.open();
      connection.events.emit('wanted', undefined);
    }
    // Joined or left a moment later: React's StrictMode unsubscribes and subscribes again in one go.
    queueMicrotask(() => void this.#settle(room));
  }

  async #settle(room: Room): Promise<void> {
    const { connection } = this.#options;
    if (room.busy) return;
    room.busy = true;
    try {
      while (room.joined !== room.store.wanted) {
        if (connection.state !== 'connected') return;
        await (room.store.wanted ? this.#join(room) : this.#leave(room));
      }
      if (room.store.over && !room.store.wanted) this.#finished(room.store.sessionId);
    } catch (thrown) {
      this.#failed(room, asError(thrown));
    } finally {
      room.busy = false;
    }
  }

  /**
   * Keeps only the latest ended sessions without a listener, else a long-lived client would grow with every session.
   */
  #finished(sessionId: string): void {
    this.#over.delete(sessionId);
    this.#over.add(sessionId);
    const [oldest] = this.#over;
    if (this.#over.size <= REMEMBERED || oldest === undefined) return;
    this.#over.delete(oldest);
    if (this.#rooms.get(oldest)?.store.wanted === false) this.#rooms.delete(oldest);
  }

  #rejoin(room: Room): void {
    room.joined = false;
    void this.#settle(room);
  }

  async #join(room: Room): Promise<void> {
    const { connection } = this.#options;
    const { sessionId, seen } = room.store;
    // With this position the server notices what it has lost itself; a deleted session has none.
    const known = room.store.getSnapshot() === null ? {} : { last_known_version: seen?.version, last_known_epoch: seen?.epoch };
    room.missed = undefined;
    const join = (deltas: true | 2) => connection.exchange('session:join', { session_id: sessionId, deltas, ...known });
    const { state } = await join(2).catch((error: unknown) => {
      // An older server knows one form of changes only.
      if (error instanceof SyncKairosError && error.code === 'VALIDATION_ERROR') return join(true);
      throw error;
    });
    room.joined = !isAfter(room.missed, state);
    room.lookedMs = 0;
    room.store.offer(state);
    connection.events.emit('connected', { sessionId });
  }

  async #leave(room: Room): Promise<void> {
    const { connection } = this.#options;
    room.joined = false;
    await connection.exchange('session:leave', { session_id: room.store.sessionId });
  }

  #failed(room: Room, error: SyncKairosError): void {
    // A lost connection joins again by itself once it is back.
    if (error.code === 'NETWORK_ERROR' || !room.store.wanted) return;
    const isGone = error.code === 'SESSION_NOT_FOUND';
    if (isGone && (room.missed ?? room.store.getSnapshot())) return this.vanished(room.store.sessionId);
    // A refusal by the server's limit is not reported: it says when the next try is allowed.
    const limitMs = retryAfter(error);
    if (limitMs === undefined && room.store.fail(error)) this.#options.connection.events.emit('error', error);
    if (isGone) this.#lookAgain(room);
    else if (error.retryable) this.#retry(room, limitMs ?? REJOIN_MS);
  }

  /** A session that does not exist may be created later. */
  #lookAgain(room: Room): void {
    room.lookedMs = doubled(room.lookedMs, LONGEST_LOOK_MS);
    this.#retry(room, jittered(room.lookedMs, Math.random()));
  }

  #retry(room: Room, ms: number): void {
    room.callOffRetry?.();
    room.callOffRetry = later(this.#options.clock, () => void this.#settle(room), ms);
  }
}
