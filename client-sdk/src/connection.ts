/** One socket to the server that comes back by itself, and commands over it. Knows nothing of sessions. */
import { io, type Socket } from 'socket.io-client';
import { reconnectDelay } from './backoff.ts';
import type { CommandName, Commands, Reply, ServerToClientEvents } from './contract/index.ts';
import { later } from './device-clock.ts';
import { Emitter } from './emitter.ts';
import { refusal, SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { closeCode, refusalCode } from './socket-errors.ts';
import { renewalDue } from './token.ts';

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

interface ConnectionEvents {
  state: ConnectionState;
  /** Close code of the WebSocket (RFC 6455) and Socket.IO's word for what happened. */
  disconnected: { code: number; reason: string };
  reconnecting: { attempt: number; delay: number };
  failed: { attempts: number };
  refused: SyncKairosError;
}

/** The event map as the socket sees it; `exchange` ties each command to its types. */
type Outgoing = Record<CommandName, (payload: unknown, ack: (reply: Reply<unknown>) => void) => void>;

/** How long connecting may take. */
const DIAL_PATIENCE_MS = 10_000;
/** Timers beyond 24.8 days fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

export class Connection extends Emitter<ConnectionEvents> {
  readonly socket: Socket<ServerToClientEvents, Outgoing>;
  readonly #options: ResolvedOptions;
  #state: ConnectionState = 'idle';
  #attempt = 0;
  /** A connection is being tried; there is one way out of each try. */
  #dialling = false;
  #closed = new AbortController();
  #callOffRetry: (() => void) | undefined;
  #callOffRenewal: (() => void) | undefined;
  /** Set by a server that shuts down: when it would like us back. */
  #invitedIn: number | undefined;

  constructor(options: ResolvedOptions) {
    super();
    this.#options = options;
    this.socket = io(options.socketOrigin, {
      transports: ['websocket'],
      autoConnect: false,
      forceNew: true,
      // Reconnection is done here: Socket.IO's own neither tells its delays nor returns after the server closed the socket.
      reconnection: false,
      timeout: DIAL_PATIENCE_MS,
      auth: (send) =>
        void options.tokens.renew().then(
          (token) => {
            this.#planRenewal(token);
            send(token === undefined ? {} : { token });
          },
          (error: unknown) => this.#refused(unreachable('There is no token', error), true),
        ),
    });
    this.socket.on('connect', () => {
      this.#attempt = 0;
      this.#dialling = false;
      this.#enter('connected');
    });
    this.socket.on('connect_error', (error) => {
      const code = 'data' in error ? refusalCode(error.data) : undefined;
      if (code !== 'UNAUTHORIZED' && code !== 'FORBIDDEN') this.#lost();
      else this.#refused(new SyncKairosError(code, error.message, { retryable: false }), options.tokens.renewable);
    });
    this.socket.on('disconnect', (reason, description) => {
      if (this.#state === 'idle') return;
      this.emit('disconnected', { code: closeCode(description), reason });
      this.#lost();
    });
    this.socket.on('server:closing', (event) => (this.#invitedIn = event.reconnect_in_ms));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Begins to connect, unless that is already under way. The signal aborts when the connection is closed by its owner. */
  open(): AbortSignal {
    if (this.#state === 'idle' || this.#state === 'failed') {
      this.#attempt = 0;
      this.#enter('connecting');
      this.#dial();
    }
    return this.#closed.signal;
  }

  /** As `open`; from `reconnecting` at once instead of after the delay. */
  hurry(): void {
    if (this.#state !== 'reconnecting') return void this.open();
    this.#callOffRetry?.();
    this.#dial();
  }

  /** Closes the socket; whatever waits for an answer is rejected. Opening again is possible. */
  close(): void {
    this.#callOffRetry?.();
    this.#callOffRenewal?.();
    const wasConnected = this.#state === 'connected';
    this.#enter('idle');
    this.socket.disconnect();
    this.#closed.abort();
    this.#closed = new AbortController();
    if (wasConnected) this.emit('disconnected', { code: 1000, reason: 'client disconnect' });
  }

  /** One try over the present connection. @throws SyncKairosError the server's refusal; NETWORK_ERROR without a connection or when it is lost before the answer, TIMEOUT without an answer in time */
  exchange<C extends CommandName>(command: C, payload: Commands[C]['payload'], timeoutMs: number): Promise<Commands[C]['data']> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'connected') return reject(unreachable('Not connected'));
      const answer = (failure: Error | null, reply: Reply<unknown>): void => {
        if (failure === null) {
          // The contract says what each command answers with; that the server keeps it is its tests' business.
          if (reply.ok) resolve(reply.data as Commands[C]['data']);
          else reject(refusal(reply.error));
        } else if (this.socket.connected) {
          reject(timedOut(command, timeoutMs));
        } else {
          reject(unreachable('The connection was lost', failure));
        }
      };
      this.socket.timeout(Math.max(1, timeoutMs)).emit<CommandName>(command, payload, answer);
    });
  }

  /** Gets a fresh token and tells it to the server, so that the connection outlives the old one. @throws what the application's function throws */
  async refreshToken(): Promise<void> {
    const { tokens, requestTimeoutMs } = this.#options;
    const token = await tokens.renew();
    this.#planRenewal(token);
    if (this.#state === 'connected' && token !== undefined) await this.exchange('auth:refresh', { token }, requestTimeoutMs);
  }

  #planRenewal(token: string | undefined): void {
    const { clock, tokens } = this.#options;
    this.#callOffRenewal?.();
    const due = tokens.renewable ? renewalDue(token, clock.wall()) : null;
    if (due === null) return;
    // What fails here shows when the old token ends: the server closes the connection, and the next one asks for a token again.
    this.#callOffRenewal = later(clock, () => void this.refreshToken().catch(() => undefined), Math.min(due, LONGEST_TIMER_MS));
  }

  #dial(): void {
    this.#dialling = true;
    this.socket.connect();
    // Of a transport that closes between its upgrade and its first packet, socket.io-client tells nobody until its time-out.
    this.socket.io.engine?.once('close', () => queueMicrotask(() => this.#dialFailed()));
  }

  #dialFailed(): void {
    // Mostly it did tell, just now.
    if (!this.#dialling) return;
    this.socket.disconnect();
    this.#lost();
  }

  #lost(): void {
    this.#dialling = false;
    if (this.#state === 'idle' || this.#state === 'failed') return;
    this.#attempt += 1;
    if (this.#attempt > this.#options.reconnectAttempts) return this.#giveUp(this.#attempt - 1);
    const delay = this.#invitedIn ?? reconnectDelay(this.#attempt, Math.random());
    this.#invitedIn = undefined;
    this.#callOffRetry?.();
    this.#callOffRetry = later(this.#options.clock, () => this.#dial(), delay);
    this.#enter('reconnecting');
    this.emit('reconnecting', { attempt: this.#attempt, delay });
  }

  #giveUp(attempts: number): void {
    this.socket.disconnect();
    this.#callOffRetry?.();
    this.#enter('failed');
    this.emit('failed', { attempts });
  }

  /** The server, or whoever gives out tokens, does not want this client; with a fresh token it may. */
  #refused(error: SyncKairosError, mayChange: boolean): void {
    if (this.#state === 'idle' || this.#state === 'failed') return;
    this.emit('refused', error);
    if (mayChange) this.#lost();
    else this.#giveUp(this.#attempt);
  }

  #enter(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', state);
  }
}
