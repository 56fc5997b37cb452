/** One socket to the server that comes back by itself, and commands over it. Knows nothing of sessions. */
import { io, type Socket } from 'socket.io-client';
import { reconnectDelay } from './backoff.ts';
import type { CommandName, Commands, Reply, ServerToClientEvents } from './contract/index.ts';
import { later } from './device-clock.ts';
import { Emitter } from './emitter.ts';
import { refusal, type SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ClientEvents, ConnectionState } from './events.ts';
import type { ResolvedOptions } from './options.ts';
import { closeCode, refusalCode } from './socket-errors.ts';

/** The event map as the socket sees it; `exchange` ties each command to its types. */
type Outgoing = Record<CommandName, (payload: unknown, ack: (reply: Reply<unknown>) => void) => void>;

/** How long connecting may take. */
const DIAL_PATIENCE_MS = 10_000;

export class Connection {
  /** What happens, for the application and for the parts beside this one. */
  readonly events = new Emitter<ClientEvents & { state: ConnectionState }>();
  readonly socket: Socket<ServerToClientEvents, Outgoing>;
  readonly #options: ResolvedOptions;
  #state: ConnectionState = 'idle';
  #attempt = 0;
  /** The transport that is being tried, if one is; there is one way out of each try. */
  #dialling: Socket['io']['engine'] | undefined;
  #closed = new AbortController();
  #callOffRetry: (() => void) | undefined;
  /** Set by a server that shuts down: when it would like us back. */
  #invitedIn: number | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.socket = io(options.socketOrigin, {
      transports: ['websocket'],
      autoConnect: false,
      forceNew: true,
      // Reconnection is done here: Socket.IO's own neither tells its delays nor returns after the server closed the socket.
      reconnection: false,
      timeout: DIAL_PATIENCE_MS,
      auth: (send) => {
        const { engine } = this.socket.io;
        const isMine = (): boolean => this.#dialling === engine;
        options.tokens.renew().then(
          (token) => {
            if (!isMine()) return;
            this.#planRenewal(token);
            send(token === undefined ? {} : { token });
          },
          (error: SyncKairosError) => isMine() && this.#refused(error, true),
        );
      },
    });
    this.socket.on('connect', () => {
      this.#attempt = 0;
      this.#dialling = undefined;
      this.#enter('connected');
    });
    this.socket.on('connect_error', (error) => {
      const code = refusalCode(error);
      if (code !== 'UNAUTHORIZED' && code !== 'FORBIDDEN') this.#lost();
      else this.#refused(refusal({ code, message: error.message, retryable: false }), options.tokens.renewable);
    });
    this.socket.on('disconnect', (reason, description) => {
      if (this.#state !== 'connected') return;
      this.events.emit('disconnected', { code: closeCode(description), reason });
      // Whoever was told may have closed it, and opened it again.
      if (this.state === 'connected') this.#lost();
    });
    this.socket.on('server:closing', (event) => (this.#invitedIn = event.reconnect_in_ms));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Begins to connect, unless that is already under way. The signal aborts when the connection is closed by its owner. */
  open(): AbortSignal {
    if (this.isOff) {
      this.#attempt = 0;
      this.#enter('connecting');
      this.#dial();
    }
    return this.#closed.signal;
  }

  /** As `open`; from `reconnecting` at once instead of after the delay. */
  hurry(): void {
    if (this.#state === 'reconnecting') this.#dial();
    else this.open();
  }

  /** Closes the socket; whatever waits for an answer is rejected. Opening again is possible. */
  close(): void {
    this.#rest();
    const wasConnected = this.#state === 'connected';
    this.#enter('idle');
    this.socket.disconnect();
    this.#closed.abort();
    this.#closed = new AbortController();
    if (wasConnected) this.events.emit('disconnected', { code: 1000, reason: 'client disconnect' });
  }

  /** One try over the present connection. @throws SyncKairosError the server's refusal; NETWORK_ERROR without a connection or when it is lost before the answer, TIMEOUT without an answer in time */
  exchange<C extends CommandName>(
    command: C,
    payload: Commands[C]['payload'],
    timeoutMs = this.#options.requestTimeoutMs,
  ): Promise<Commands[C]['data']> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'connected') return reject(unreachable('The connection was lost'));
      const answer = (failure: Error | null, reply: Reply<unknown>): void => {
        if (failure !== null) {
          return reject(this.socket.connected ? timedOut(command, timeoutMs) : unreachable('The connection was lost', failure));
        }
        // The contract says what each command answers with; that the server keeps it is its tests' business.
        if (reply.ok) resolve(reply.data as Commands[C]['data']);
        else reject(refusal(reply.error));
      };
      this.socket.timeout(Math.max(1, timeoutMs)).emit<CommandName>(command, payload, answer);
    });
  }

  /** Gets a fresh token and tells it to the server, so that the connection outlives the old one. @throws SyncKairosError when the application's function throws, or the server refuses it */
  async refreshToken(): Promise<void> {
    const token = await this.#options.tokens.renew();
    if (this.isOff) return;
    this.#planRenewal(token);
    if (this.#state === 'connected' && token !== undefined) await this.exchange('auth:refresh', { token });
  }

  #planRenewal(token: string | undefined): void {
    const { clock, tokens } = this.#options;
    // What fails here shows when the old token ends: the server closes the connection, and the next one asks for a token again.
    tokens.plan(token, clock, () => void this.refreshToken().catch(() => undefined));
  }

  #dial(): void {
    // A second try would be the end of the first.
    if (this.#dialling !== undefined) return;
    this.#callOffRetry?.();
    this.socket.connect();
    const { engine } = this.socket.io;
    this.#dialling = engine;
    // Of a transport that closes between its upgrade and its first packet, socket.io-client tells nobody until its time-out. Mostly it did tell, just now.
    const closed = (): void => {
      if (this.#dialling !== engine) return;
      this.socket.disconnect();
      this.#lost();
    };
    engine?.once('close', () => queueMicrotask(closed));
  }

  #lost(): void {
    this.#dialling = undefined;
    if (this.isOff) return;
    this.#attempt += 1;
    if (this.#attempt > this.#options.reconnectAttempts) return this.#giveUp(this.#attempt - 1);
    const delay = this.#invitedIn ?? reconnectDelay(this.#attempt, Math.random());
    this.#invitedIn = undefined;
    this.#callOffRetry?.();
    this.#callOffRetry = later(this.#options.clock, () => this.#dial(), delay);
    this.#enter('reconnecting');
    this.events.emit('reconnecting', { attempt: this.#attempt, delay });
  }

  #giveUp(attempts: number): void {
    this.socket.disconnect();
    this.#rest();
    this.#enter('failed');
    this.events.emit('connectionFailed', { attempts });
  }

  /** The server, or whoever gives out tokens, does not want this client; with a fresh token it may. */
  #refused(error: SyncKairosError, mayChange: boolean): void {
    this.events.emit('error', error);
    if (mayChange) this.#lost();
    else if (!this.isOff) this.#giveUp(this.#attempt);
  }

  /** Nothing is planned any more. */
  #rest(): void {
    this.#dialling = undefined;
    this.#callOffRetry?.();
    this.#options.tokens.rest();
  }

  /** Neither there nor on its way. */
  get isOff(): boolean {
    return this.#state === 'idle' || this.#state === 'failed';
  }

  #enter(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.emit('state', state);
  }
}
