/** The client an application holds: commands, subscriptions and the server's time, put together from the parts beside this file. */
import { ClockSync, type ClockStatus } from './clock-sync.ts';
import { Connection } from './connection.ts';
import { remaining, type SessionState } from './contract/index.ts';
import { onDevice } from './device-events.ts';
import type { ClientEvents, ConnectionState } from './events.ts';
import { formatTime, type TimeStyle } from './format-time.ts';
import { resolveOptions, type SyncKairosOptions } from './options.ts';
import { request } from './requests.ts';
import { Rooms } from './rooms.ts';
import { SessionCommands } from './session-commands.ts';
import type { SessionStore } from './session-store.ts';
import { exchangeOverRest, exchangeOverSocket } from './time-exchange.ts';

const SKEW_WORTH_TELLING_MS = 60_000;

export class SyncKairosClient extends SessionCommands {
  readonly #events: Connection['events'];
  readonly #connection: Connection;
  readonly #rooms: Rooms;
  readonly #time: ClockSync;
  #skewed = false;
  #offDevice: (() => void) | undefined;

  /** @throws TypeError when a URL is none. Nothing is opened until something is asked for. */
  constructor(url: string, given?: SyncKairosOptions | string) {
    const options = resolveOptions(url, given);
    const { clock, optimistic } = options;
    const connection = new Connection(options);
    const rooms = new Rooms({ connection, now: () => Math.round(time.now()) });
    const time = new ClockSync({
      clock,
      random: Math.random,
      exchange: (signal) => (connection.state === 'connected' ? exchangeOverSocket(connection, clock) : exchangeOverRest(options, signal)),
      onSync: (status) => this.#synced(status),
    });
    const predict = (state: SessionState, next: string | undefined): SessionState | null =>
      time.status().state === 'synced' ? (optimistic?.(state, time.now(), next) ?? null) : null;
    super({ request: (command, payload) => request(connection, options, command, payload), rooms, clock, predict });
    this.#events = connection.events;
    this.#connection = connection;
    this.#rooms = rooms;
    this.#time = time;
    this.#listen();
  }

  /** Opens the socket ahead of the first command or subscription, which would do so too; after `reconnecting`, at once. */
  connect(): void {
    this.#connection.hurry();
  }

  /** Closes the socket and every timer, so that a process can end; what waits for an answer rejects. A later call opens it again. */
  disconnect(): void {
    this.#connection.close();
    this.#time.stop();
  }

  /** The connection as a store for `useSyncExternalStore`. */
  readonly connection: { subscribe: (listener: () => void) => () => void; getSnapshot: () => ConnectionState } = {
    subscribe: (listener) => this.#events.on('state', listener),
    getSnapshot: () => this.#connection.state,
  };

  /** Calls `handler` at every such event until the returned function is called. */
  on<E extends keyof ClientEvents>(event: E, handler: (payload: ClientEvents[E]) => void): () => void {
    return this.#events.on(event, handler);
  }

  /** Joins a session and calls `onUpdate` with each newer state, over reconnects too, until the returned function is called. */
  connectWebSocket(id: string, onUpdate: (state: SessionState) => void): () => void {
    const store = this.#rooms.store(id);
    const tell = (): void => {
      const state = store.getSnapshot();
      if (state !== null) onUpdate(state);
    };
    return store.subscribe(tell);
  }

  /** The store of a session: `subscribe` joins it, `getSnapshot` is its newest state or null. */
  session(id: string): Pick<SessionStore, 'sessionId' | 'subscribe' | 'getSnapshot' | 'getError'> {
    return this.#rooms.store(id);
  }

  /**
   * Measures the server's clock now, over the socket or, before there is one, over REST.
   * @throws SyncKairosError when not a single exchange succeeded
   */
  async syncServerTime(): Promise<ClockStatus> {
    return this.#time.sync();
  }

  /** Unix milliseconds of the authoritative clock, fractions included; while `getClockStatus().state` is `syncing`, the device's own guess. */
  getServerTime(): number {
    return this.#time.now();
  }

  /** Offset to the device's wall clock, its bound and the round trip, in milliseconds. */
  getClockStatus(): ClockStatus {
    return this.#time.status();
  }

  /** Milliseconds left on a clock of a joined session at an instant (default: now); null where nothing can run out or nothing is known. */
  getParticipantTime(id: string, who: string, at: number = this.getServerTime()): number | null {
    const state = this.#rooms.state(id);
    return state === null ? null : remaining(state, this.#rooms.ownerOf(id, who), at);
  }

  /** A duration as text. */
  formatTime(ms: number, style?: TimeStyle): string {
    return formatTime(ms, style);
  }

  #listen(): void {
    const { socket } = this.#connection;
    this.#events.on('state', (state) => this.#stateChanged(state));
    socket.on('session:update', (event) => this.#rooms.updated(event));
    socket.on('session:expired', (event) => this.#rooms.store(event.session_id).expired(event));
    socket.on('session:warning', (event) => this.#events.emit('timeWarning', event));
    socket.on('session:message', (event) => this.#events.emit('message', event));
    socket.on('session:deleted', (event) => this.#rooms.deleted(event));
  }

  #stateChanged(state: ConnectionState): void {
    // Without a socket the time still comes over REST; what is known already needs no burst.
    if (state === 'connected' || (state === 'reconnecting' && this.#time.status().state === 'syncing')) this.#time.follow();
    if (this.#connection.isOff) this.#time.stop();
    if (state === 'idle') {
      this.#offDevice?.();
      this.#offDevice = undefined;
    } else {
      const online = (): void => void (this.#connection.state === 'reconnecting' && this.#connection.hurry());
      this.#offDevice ??= onDevice({ wake: () => this.#time.wake(), online });
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
