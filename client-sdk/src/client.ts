/**
 * The client of an application: commands, subscriptions and the server's time, composed of the parts beside this file.
 */
import { expectFunction, expectId, expectKnown } from './arguments.ts';
import { ClockSync, type ClockStatus } from './clock-sync.ts';
import { Connection } from './connection.ts';
import type { ClockOwner } from './clock/find.ts';
import { isMoving, remaining } from './clock/reading.ts';
import type { SessionState } from './contract/index.ts';
import { onDevice } from './device-events.ts';
import { together } from './emitter.ts';
import { SyncKairosError } from './errors.ts';
import { AWAITED, type ClientEvents, type ConnectionState } from './events.ts';
import { readWhileLost } from './fallback.ts';
import { formatTime, type TimeStyle } from './format-time.ts';
import { keepAlive, type KeepAlive } from './keep-alive.ts';
import { type Logger, resolveOptions, type SyncKairosOptions } from './options.ts';
import { phaseWatch } from './phase-watch.ts';
import { requestsOver } from './requests.ts';
import { Rooms } from './rooms.ts';
import { SessionCommands } from './session-commands.ts';
import type { SessionStore } from './session-store.ts';
import { StartWatch } from './start-watch.ts';
import { exchangeOverSocket, exchangesOverRest } from './time-exchange.ts';
import { nobodyCalled, ownerOf, type Who } from './who.ts';

const SKEW_WORTH_TELLING_MS = 60_000;
/** How many different warnings are remembered. */
const WARNINGS_MAX = 100;

export class SyncKairosClient extends SessionCommands {
  readonly #events: Connection['events'];
  readonly #connection: Connection;
  readonly #rooms: Rooms;
  readonly #time: ClockSync;
  readonly #alive: KeepAlive;
  readonly #logger: Logger | null;
  readonly #warned = new Set<string>();
  /** The state with which a handler is being called at this moment. */
  #telling: SessionState | null | undefined;
  #skewed = false;
  #offDevice: (() => void) | undefined;

  /** @throws TypeError for an invalid URL or an unknown option. Opens no connection until one is needed. */
  constructor(url: string | URL, given?: SyncKairosOptions | string) {
    const options = resolveOptions(url, given);
    const { clock, optimistic } = options;
    const connection = new Connection(options);
    const alive = keepAlive();
    const syncedNow = (): number | null => (time.status().state === 'syncing' ? null : time.now());
    const phases = phaseWatch({
      clock,
      now: syncedNow,
      tell: (event) => connection.events.emit('clockPhase', event),
    });
    const starts = new StartWatch({ clock, now: syncedNow, begin: (id, state) => rooms.known(id)?.store.predict(state) });
    const follow = (id: string, state: SessionState | null): void => {
      phases.follow(id, state);
      starts.follow(id, state);
    };
    const rooms = new Rooms({ connection, url: options.restUrl, clock, alive, follow, now: () => Math.round(time.now()) });
    const overRest = exchangesOverRest(options);
    const time = new ClockSync({
      clock,
      random: Math.random,
      exchange: (life, isKnown) => (connection.state === 'connected' ? exchangeOverSocket(connection, clock) : overRest(life, isKnown)),
      onSync: (status) => {
        phases.lookAgain();
        starts.lookAgain();
        this.#synced(status);
      },
    });
    const predict = (state: SessionState, next: string | undefined, nextItem: string | undefined): SessionState | null =>
      time.status().state === 'synced' ? (optimistic?.(state, time.now(), next, nextItem) ?? null) : null;
    super({ request: requestsOver(connection, options, alive), rooms, clock, predict });
    readWhileLost(connection, options, rooms);
    this.#alive = alive;
    this.#logger = options.logger;
    this.#events = connection.events;
    this.#connection = connection;
    this.#rooms = rooms;
    this.#time = time;
    this.#begin();
  }

  /** Opens the socket before the first command or subscription would; while `reconnecting`, tries at once. */
  connect(): void {
    this.#connection.hurry();
  }

  /** Closes the socket and all timers, so that a process can end; waiting calls reject. A later call opens it again. */
  disconnect(): void {
    this.#connection.close();
    this.#time.stop();
  }

  /** The connection as a store for `useSyncExternalStore`. */
  readonly connection: { subscribe: (listener: () => void) => () => void; getSnapshot: () => ConnectionState } = {
    subscribe: (listener) => together(this.#events.on('state', listener), this.#alive.listen()),
    getSnapshot: () => this.#connection.state,
  };

  /**
   * Calls `handler` at each such event until the returned function is called. @throws TypeError for an unknown event
   */
  on<E extends keyof ClientEvents>(event: E, handler: (payload: ClientEvents[E]) => void): () => void {
    expectKnown('event', event, AWAITED);
    expectFunction('The handler', handler);
    return together(this.#events.on(event, handler), this.#alive.listen(event));
  }

  /**
   * Joins a session and calls `handler` with its present state, with each newer one, and with null once there is no
   * such session (deleted, or never created), over reconnects and later sessions of that id too, until the returned
   * function is called or `signal` is aborted. The first call comes after this has returned. What is watched from
   * within a handler begins with the state after the one of that call.
   */
  watch(id: string, handler: (state: SessionState | null) => void, { signal }: { signal?: AbortSignal | undefined } = {}): () => void {
    expectFunction('The handler', handler);
    const store = this.session(id);
    // A handler that watches again in each call must not be called for ever.
    let told: SessionState | null | undefined = this.#telling?.session_id === id ? this.#telling : undefined;
    let isOver = false;
    const tell = (): void => {
      const state = store.getSnapshot() ?? (store.getError()?.code === 'SESSION_NOT_FOUND' ? null : undefined);
      if (isOver || state === undefined || state === told) return;
      told = this.#telling = state;
      try {
        handler(state);
      } finally {
        this.#telling = null;
      }
    };
    const off = store.subscribe(tell);
    const stop = (): void => {
      isOver = true;
      signal?.removeEventListener('abort', stop);
      off();
    };
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    queueMicrotask(tell);
    return stop;
  }

  /**
   * As `watch`, without a call for a session that is gone.
   * @deprecated `watch` tells of the deletion, too
   */
  connectWebSocket(id: string, onUpdate: (state: SessionState) => void): () => void {
    expectFunction('onUpdate', onUpdate);
    return this.watch(id, (state) => state && onUpdate(state));
  }

  /**
   * The store of a session: `subscribe` joins it, `getSnapshot` is its newest state or null, `getError` tells why there
   * are no updates.
   */
  session(id: string): Pick<SessionStore, 'sessionId' | 'subscribe' | 'getSnapshot' | 'getError'> {
    expectId('The session id', id);
    return this.#rooms.room(id).store;
  }

  /**
   * Measures the server's clock now, over the socket or, while there is none, over REST. @throws SyncKairosError when
   * no exchange succeeded
   */
  async syncServerTime(): Promise<ClockStatus> {
    return this.#time.sync().finally(this.#alive.work());
  }

  /**
   * Unix milliseconds of the server's clock, with fractions; while `getClockStatus().state` is `syncing`, a guess by
   * the device's clock.
   */
  getServerTime(): number {
    return this.#time.now();
  }

  /** Offset to the device's wall clock, its error bound and the round trip, in milliseconds. */
  getClockStatus(): ClockStatus {
    return this.#time.status();
  }

  /**
   * Milliseconds left on a clock of a session that the client knows: of a participant or group by its id, or by
   * `{ participant_id }` or `{ group_id }` where both have the same; without `owner` of the session. At an instant of
   * the server (Unix ms), or now. Null where the clock can't run out, and while the session or, for a clock that runs,
   * the server's time is not known yet.
   * @throws SyncKairosError PARTICIPANT_NOT_FOUND for an owner that the session does not have
   */
  timeLeft(id: string, owner?: Who, at?: number): number | null {
    const state = this.#rooms.state(id);
    if (!state) return null;
    const found = owner === 'global' ? ownerOf(state, { participant_id: owner }) : ownerOf(state, owner);
    if (!found) throw new SyncKairosError('PARTICIPANT_NOT_FOUND', nobodyCalled(state, owner), { retryable: false, sessionId: id });
    return this.#left(state, found, at);
  }

  /**
   * As `timeLeft`, but `global` means the clock of the session, and an id that the session does not have is null, and
   * warned of once.
   * @deprecated `timeLeft` tells an unknown owner from a clock that can't run out
   */
  getParticipantTime(id: string, who?: Who, at?: number): number | null {
    const state = this.#rooms.state(id);
    if (!state) return null;
    const owner = ownerOf(state, who);
    if (owner) return this.#left(state, owner, at);
    this.#warn(nobodyCalled(state, who));
    return null;
  }

  /** A duration as text; a dash for null or undefined. */
  formatTime(ms: number | null | undefined, style?: TimeStyle): string {
    return formatTime(ms, style);
  }

  #left(state: SessionState, owner: ClockOwner, at: number | undefined): number | null {
    if (at === undefined && this.#time.status().state === 'syncing' && isMoving(state, owner)) return null;
    return remaining(state, owner, at ?? this.getServerTime());
  }

  #begin(): void {
    const { socket } = this.#connection;
    this.#events.on('state', (state) => this.#stateChanged(state));
    this.#events.on('notice', ({ message }) => this.#warn(message));
    socket.on('session:update', (event) => this.#rooms.known(event.session_id)?.updated(event));
    socket.on('session:expired', (event) => this.#rooms.room(event.session_id).store.expired(event));
    socket.on('session:warning', (event) => this.#events.emit('timeWarning', event));
    socket.on('session:message', (event) => this.#events.emit('message', event));
    socket.on('session:deleted', (event) => this.#rooms.deleted(event));
  }

  /** Warns the developer of a mistake by which no call fails, but something is missing on the screen. */
  #warn(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= WARNINGS_MAX) return;
    this.#warned.add(text);
    this.#logger?.warn(text);
  }

  #stateChanged(state: ConnectionState): void {
    this.#logger?.debug?.(`SyncKairos: ${state}${this.#connection.failure ? `: ${this.#connection.failure.message}` : ''}`);
    // Without a socket the time still comes over REST; if it is known, no burst is needed.
    if (state === 'connected' || (this.#connection.isLost && this.#time.status().state === 'syncing')) this.#time.follow();
    if (this.#connection.isOff) this.#time.stop();
    this.#alive.connection(!this.#connection.isOff);
    if (state === 'idle') {
      this.#offDevice?.();
      this.#offDevice = undefined;
    } else {
      const online = (): void => void (this.#connection.isLost && this.#connection.hurry());
      const wake = (): void => {
        this.#time.wake();
        online();
      };
      this.#offDevice ??= onDevice({ wake, online });
    }
  }

  #synced(status: ClockStatus): void {
    const { offset, rtt, bound } = status;
    this.#events.emit('timeSynced', { offset, rtt, bound });
    const skewed = Math.abs(offset) > SKEW_WORTH_TELLING_MS;
    if (skewed && !this.#skewed) this.#events.emit('clockSkewDetected', { offset });
    this.#skewed = skewed;
  }
}
