/** One socket to the server that comes back by itself, and commands over it. Knows nothing of sessions. */
import { io, type Socket } from 'socket.io-client';
import { jittered, reconnectDelay } from './backoff.ts';
import {
  type AuthExpiredEvent,
  type CommandName,
  type Commands,
  type Notice,
  type Reply,
  type ServerToClientEvents,
  SOCKET_TOKEN_MAX_LENGTH,
} from './contract/index.ts';
import { later } from './device-clock.ts';
import { Emitter } from './emitter.ts';
import { refusal, retryAfter, type SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ClientEvents, ConnectionState } from './events.ts';
import { isNode } from './keep-alive.ts';
import type { ResolvedOptions } from './options.ts';
import { closeCode, refusalOf } from './socket-errors.ts';

/** The event map as the socket sees it; `exchange` ties each command to its types. */
type Outgoing = Record<CommandName, (payload: unknown, ack: (reply: Reply<unknown>) => void) => void>;

/** How long connecting may take. */
const DIAL_PATIENCE_MS = 10_000;
/** Some proxies never answer a handshake: after so long, sessions are read over REST meanwhile. */
const SLOW_DIAL_MS = 2_000;

/** What the parts of the client tell each other. */
interface InternalEvents {
  state: ConnectionState;
  /** A try to connect was in vain, for a reason that may pass, or takes long. */
  tried: undefined;
  /** Why there is no connection, as `failure`, has changed. */
  failure: undefined;
  /** Somebody begins to listen to a session. */
  wanted: undefined;
}

export class Connection {
  /** What happens, for the application and for the parts beside this one. */
  readonly events = new Emitter<ClientEvents & InternalEvents>();
  readonly socket: Socket<ServerToClientEvents, Outgoing>;
  readonly #options: ResolvedOptions;
  #state: ConnectionState = 'idle';
  #failure: SyncKairosError | null = null;
  #attempt = 0;
  /**
   * Since when it is tried again and again, by the monotonic clock: after a loss, and whenever there is reason to hope.
   */
  #tryingSince = 0;
  /** The latest delay, before chance took its part. */
  #delay = 0;
  /** The transport that is being tried, if one is; there is one way out of each try. */
  #dialling: Socket['io']['engine'] | undefined;
  #closed = new AbortController();
  #callOffRetry: (() => void) | undefined;
  /** Set by a server that shuts down: when it would like us back. */
  #invitedIn: number | undefined;
  /** Why the server is about to end the connection. */
  #dismissal: AuthExpiredEvent['reason'] | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.socket = io(options.socketOrigin, {
      path: options.socketPath,
      transports: ['websocket'],
      autoUnref: isNode(),
      autoConnect: false,
      forceNew: true,
      // Reconnection is done here: Socket.IO's own neither tells its delays nor returns after the server closed the
      // socket.
      reconnection: false,
      timeout: DIAL_PATIENCE_MS,
      auth: (send) => {
        const { engine } = this.socket.io;
        const isMine = (): boolean => this.#dialling === engine;
        options.tokens.renew().then(
          (token) => {
            if (!isMine()) return;
            if (token !== undefined && token.length > SOCKET_TOKEN_MAX_LENGTH) {
              const message = `a token has at most ${SOCKET_TOKEN_MAX_LENGTH} characters over a WebSocket`;
              return this.#refused(refusal({ code: 'UNAUTHORIZED', message, retryable: false }), false);
            }
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
      this.report(null);
    });
    this.socket.on('connect_error', (error) => {
      const refused = refusalOf(error);
      if (refused?.code === 'UNAUTHORIZED' || refused?.code === 'FORBIDDEN') {
        return this.#refused(refusal({ ...refused, message: error.message, retryable: false }), options.tokens.renewable);
      }
      this.#invitedIn ??= retryAfter(refused);
      this.#lost(refused === undefined ? unreachable(`No WebSocket to ${options.socketOrigin}`, error) : refusal(refused));
    });
    this.socket.on('disconnect', (reason, description) => {
      if (this.#state !== 'connected') return;
      this.events.emit('disconnected', { code: closeCode(description), reason });
      // Whoever was told may have closed it, and opened it again.
      if (this.state === 'connected') this.#dismissed(options.tokens.renewable);
    });
    this.socket.on('auth:expired', (event) => (this.#dismissal = event.reason));
    this.socket.on('server:closing', (event) => (this.#invitedIn = event.reconnect_in_ms));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why nothing comes from the server; null while something does, and as long as no try was in vain. */
  get failure(): SyncKairosError | null {
    return this.#failure;
  }

  /** Aborts when the connection is closed by its owner. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Lost, and being tried again. */
  get isLost(): boolean {
    return this.#state === 'reconnecting' || this.#state === 'fallback';
  }

  /**
   * Begins to connect, unless that is already under way. The signal aborts when the connection is closed by its owner.
   */
  open(): AbortSignal {
    if (this.isOff) {
      this.#attempt = 0;
      this.#enter('connecting');
      this.#dial();
    }
    return this.#closed.signal;
  }

  /** As `open`; where it is lost, at once instead of after the delay, and with short delays from now on. */
  hurry(): void {
    if (!this.isLost) return void this.open();
    this.#tryingSince = this.#options.clock.monotonic();
    this.#dial();
  }

  /** Notes what became of the last try to reach the server without a socket: null, it answered. */
  report(failure: SyncKairosError | null): void {
    if (this.isLost) this.#enter(failure === null ? 'fallback' : 'reconnecting');
    if (failure === this.#failure) return;
    this.#failure = failure;
    this.events.emit('failure', undefined);
  }

  /** Closes the socket; whatever waits for an answer is rejected. Opening again is possible. */
  close(): void {
    this.#rest();
    const wasConnected = this.#state === 'connected';
    this.#enter('idle');
    this.report(null);
    this.socket.disconnect();
    this.#closed.abort();
    this.#closed = new AbortController();
    if (wasConnected) this.events.emit('disconnected', { code: 1000, reason: 'client disconnect' });
  }

  /** Tells what the server said beside a success of a command. */
  noticed(payload: object, notices: readonly Notice[] = []): void {
    const { session_id = '' } = payload as { session_id?: string };
    for (const notice of notices) this.events.emit('notice', { session_id, ...notice });
  }

  /**
   * One try over the present connection. @throws SyncKairosError the server's refusal; NETWORK_ERROR without a
   * connection or when it is lost before the answer, TIMEOUT without an answer in time
   */
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
        if (!reply.ok) return reject(refusal(reply.error));
        this.noticed(payload, reply.notices);
        resolve(reply.data as Commands[C]['data']);
      };
      this.socket.timeout(Math.max(1, timeoutMs)).emit<CommandName>(command, payload, answer);
    });
  }

  /**
   * Gets a fresh token and tells it to the server, so that the connection outlives the old one. @throws SyncKairosError
   * when the application's function throws, or the server refuses it
   */
  async refreshToken(): Promise<void> {
    const token = await this.#options.tokens.renew();
    if (this.isOff) return;
    this.#planRenewal(token);
    if (this.#state === 'connected' && token !== undefined) await this.exchange('auth:refresh', { token });
  }

  #planRenewal(token: string | undefined): void {
    const { clock, tokens } = this.#options;
    // What fails here shows when the old token ends: the server closes the connection, and the next one asks for a
    // token again.
    tokens.plan(token, clock, () => void this.refreshToken().catch(() => undefined));
  }

  #dial(): void {
    // A second try would be the end of the first.
    if (this.#dialling !== undefined) return;
    this.#callOffRetry?.();
    this.socket.connect();
    const { engine } = this.socket.io;
    this.#dialling = engine;
    // Of a transport that closes between its upgrade and its first packet, socket.io-client tells nobody until its
    // time-out. Mostly it did tell, just now.
    const closed = (): void => {
      if (this.#dialling !== engine) return;
      this.socket.disconnect();
      this.#lost(unreachable('The connection was closed while it was being opened'));
    };
    engine?.once('close', () => queueMicrotask(closed));
    const slow = (): void => {
      if (this.#dialling !== engine) return;
      this.#begin();
      if (!this.isLost) this.#enter('reconnecting');
      this.events.emit('tried', undefined);
    };
    later(this.#options.clock, slow, SLOW_DIAL_MS);
  }

  /** Delays are counted from the first try in vain. */
  #begin(): void {
    if (!this.isLost) [this.#tryingSince, this.#delay] = [this.#options.clock.monotonic(), 0];
  }

  /** Tries again later, for ever. `failure`: why a try was in vain; absent where a connection that stood was lost. */
  #lost(failure?: SyncKairosError): void {
    const { clock, reconnectAttempts } = this.#options;
    this.#dialling = undefined;
    if (this.isOff) return;
    this.#begin();
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#delay = reconnectDelay(this.#delay, clock.monotonic() - this.#tryingSince);
    const delay = this.#invitedIn ?? jittered(this.#delay, Math.random());
    this.#invitedIn = undefined;
    this.#callOffRetry?.();
    this.#callOffRetry = later(clock, () => this.#dial(), delay);
    if (!this.isLost) this.#enter('reconnecting');
    this.events.emit('reconnecting', { attempt, delay });
    if (failure !== undefined) this.events.emit('tried', undefined);
    if (attempt === reconnectAttempts + 1) this.events.emit('connectionFailed', { attempts: reconnectAttempts });
  }

  /**
   * The server, or whoever gives out tokens, does not want this client. With a fresh token it may; otherwise there is
   * no use in trying again.
   */
  #refused(error: SyncKairosError, mayChange: boolean): void {
    this.events.emit('error', error);
    if (this.isOff) return;
    if (mayChange) {
      this.#lost();
    } else {
      this.socket.disconnect();
      this.#rest();
      this.#enter('failed');
      this.events.emit('connectionFailed', { attempts: this.#attempt });
    }
    this.report(error);
  }

  /** The connection that stood is gone: by chance, or since the server takes the token no longer. */
  #dismissed(mayChange: boolean): void {
    const reason = this.#dismissal;
    this.#dismissal = undefined;
    if (reason === undefined) return this.#lost();
    if (mayChange) {
      this.#invitedIn = 0;
      return this.#lost();
    }
    const message = `UNAUTHORIZED: ${reason === 'expired' ? 'the token has expired' : 'this link was revoked'}`;
    this.#refused(refusal({ code: 'UNAUTHORIZED', message, retryable: false }), false);
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
