/** Keeps the client in the rooms of the sessions it wants to hear of, whatever happens to the connection. */
import { doubled, jittered } from './backoff.ts';
import { isAfter } from './clock/position.ts';
import type { Connection } from './connection.ts';
import type { ChangesEvent, EventEnvelope, SessionState, UpdateEvent } from './contract/index.ts';
import { type DeviceClock, later } from './device-clock.ts';
import { asError, retryAfter, type SyncKairosError } from './errors.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { PhaseWatch } from './phase-watch.ts';
import { SessionStore, type StoreHooks } from './session-store.ts';

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
  /** Tells of the phases of clocks that run. */
  phases: Pick<PhaseWatch, 'follow'>;
  /** The server's time, in whole Unix milliseconds. */
  now: () => number;
}

interface Room {
  store: SessionStore;
  joined: boolean;
  /** A join or leave is under way; one at a time, so that the last wish wins. */
  busy: boolean;
  /** What could not be followed while it was being joined: an answer that is older does not mend it. */
  missed?: EventEnvelope | undefined;
  /** How long was waited the last time that the session did not exist. */
  lookedMs: number;
  callOffRetry?: () => void;
  /** Keeps the process while somebody listens. */
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

  /** The store of a session if the client has dealt with it. */
  known(sessionId: string): SessionStore | undefined {
    return this.#rooms.get(sessionId)?.store;
  }

  /** What is shown of a session; null where nothing is known. */
  state(sessionId: string): SessionState | null {
    return this.known(sessionId)?.getSnapshot() ?? null;
  }

  /** The sessions that somebody wants to hear of. */
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

  /** A session was deleted, and has no room any more; of a former incarnation of its id nobody is told. */
  deleted(event: EventEnvelope): void {
    const room = this.#rooms.get(event.session_id);
    if (room !== undefined) {
      if (!room.store.remove(event)) {
        // Of a former incarnation of the id. The server has put everybody out of its room, but who is in the present
        // one's?
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

  /** Takes the server's refusal to tell of a session. */
  refused(sessionId: string, error: SyncKairosError): void {
    this.#failed(this.#room(sessionId), error);
  }

  /** A session is not there any more, as an answer tells; that is news where it was known. */
  vanished(sessionId: string): void {
    const seen = this.known(sessionId)?.seen;
    if (seen === undefined) return;
    this.deleted({ session_id: sessionId, epoch: seen.epoch, version: seen.version + 1, server_time_ms: this.#options.now() });
  }

  /** Whether a session's present state is known, and nobody tells of the next one. */
  isStale(sessionId: string): boolean {
    return this.#rooms.get(sessionId)?.joined === false && this.state(sessionId) !== null;
  }

  #room(sessionId: string): Room {
    let room = this.#rooms.get(sessionId);
    if (room === undefined) {
      const { connection, now } = this.#options;
      const hooks: StoreHooks = {
        onDemandChange: () => this.#demandChanged(created),
        onState: (state) => this.#options.phases.follow(sessionId, state),
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
    this.#options.phases.follow(sessionId, wanted ? room.store.getSnapshot() : null);
    if (listened) {
      room.rest ??= alive.listen();
    } else {
      room.rest?.();
      room.rest = undefined;
    }
    // It may have been forgotten because its session was over.
    if (wanted && !this.#rooms.has(sessionId)) this.#rooms.set(sessionId, room);
    // Opened at once and not below, where an application may have disconnected in between.
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
   * Remembers only the latest games that are over and that nobody looks at, or a long-lived client would grow with
   * every game.
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
    // The server makes up for what was seen and got lost; of what was deleted there is nothing to make up for.
    const known = room.store.getSnapshot() === null ? {} : { last_known_version: seen?.version, last_known_epoch: seen?.epoch };
    room.missed = undefined;
    const { state } = await connection.exchange('session:join', { session_id: sessionId, deltas: true, ...known });
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
    // Of the server's limit nobody needs to know: it says when there is room again.
    const limitMs = retryAfter(error);
    if (limitMs === undefined && room.store.fail(error)) this.#options.connection.events.emit('error', error);
    if (isGone) this.#lookAgain(room);
    else if (error.retryable) this.#retry(room, limitMs ?? REJOIN_MS);
  }

  /** A session that does not exist may begin to. */
  #lookAgain(room: Room): void {
    room.lookedMs = doubled(room.lookedMs, LONGEST_LOOK_MS);
    this.#retry(room, jittered(room.lookedMs, Math.random()));
  }

  #retry(room: Room, ms: number): void {
    room.callOffRetry?.();
    room.callOffRetry = later(this.#options.clock, () => void this.#settle(room), ms);
  }
}
