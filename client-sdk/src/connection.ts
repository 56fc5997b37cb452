/** One socket to the server that reconnects by itself, and commands over it. Independent of sessions. */
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
import { later, Life } from './device-clock.ts';
import { Emitter } from './emitter.ts';
import { refusal, retryAfter, type SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ClientEvents, ConnectionState } from './events.ts';
import { isNode } from './keep-alive.ts';
import type { ResolvedOptions } from './options.ts';
import { closeCode, refusalOf } from './socket-errors.ts';

/** The event map as the socket sees it; `exchange` ties each command to its types. */
type Outgoing = Record<CommandName, (payload: unknown, ack: (reply: Reply<unknown>) => void) => void>;

/** Longest time that a try to connect may take, ms. */
const DIAL_PATIENCE_MS = 10_000;
/** Some proxies never answer a handshake: after this time, ms, sessions are read over REST meanwhile. */
const SLOW_DIAL_MS = 2_000;

/** Events between the parts of the client. */
interface InternalEvents {
  state: ConnectionState;
  /** A try to connect failed for a reason that may pass, or takes long. */
  tried: undefined;
  /** `failure`, the reason why there is no connection, has changed. */
  failure: undefined;
  /** A listener was added to a session. */
  wanted: undefined;
  /** A command was answered, or began or ceased to wait for a limit of the server: other commands may be due. */
  moved: undefined;
}

export class Connection {
  /** The events for the application and for the other parts of the client. */
  readonly events = new Emitter<ClientEvents & InternalEvents>();
  readonly socket: Socket<ServerToClientEvents, Outgoing>;
  readonly #options: ResolvedOptions;
  #state: ConnectionState = 'idle';
  #failure: SyncKairosError | null = null;
  #attempt = 0;
  /** Start of the present row of tries, by the monotonic clock: a loss, or a hint that the network is back. */
  #tryingSince = 0;
  /** The latest delay before its random reduction, ms. */
  #delay = 0;
  /** The transport of the present try, if there is one; each try ends in one way only. */
  #dialling: Socket['io']['engine'] | undefined;
  #life = new Life();
  #callOffRetry: (() => void) | undefined;
  #callOffSlow: (() => void) | undefined;
  /** When a server that shuts down asks the client to come back. */
  #invitedIn: number | undefined;
  /** The server's reason for ending the connection, told just before. */
  #dismissal: AuthExpiredEvent['reason'] | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.socket = io(options.socketOrigin, {
      path: options.socketPath,
      transports: ['websocket'],
      autoUnref: isNode(),
      autoConnect: false,
      forceNew: true,
      // This class reconnects: Socket.IO neither reports its delays nor reconnects after the server closed the socket.
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
              return this.#unauthorized(message);
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
      this.#endDial();
      this.#enter('connected');
      this.report(null);
    });
    this.socket.on('connect_error', (error) => {
      const refused = refusalOf(error);
      if (refused?.code === 'UNAUTHORIZED' || refused?.code === 'FORBIDDEN') {
        return this.#refused(refusal({ ...refused, message: error.message, retryable: false }), options.tokens.renewable);
      }
      this.#invitedIn ??= retryAfter(refused);
      this.#lost(refused ? refusal(refused) : unreachable(`No WebSocket to ${options.socketOrigin}`, error));
    });
    this.socket.on('disconnect', (reason, description) => {
      if (this.#state !== 'connected') return;
      this.events.emit('disconnected', { code: closeCode(description), reason });
      // A handler may have closed the connection and opened it again.
      if (this.state === 'connected') this.#dismissed(options.tokens.renewable);
    });
    this.socket.on('auth:expired', (event) => (this.#dismissal = event.reason));
    this.socket.on('server:closing', (event) => (this.#invitedIn = event.reconnect_in_ms));
  }

  /** The present state of the connection. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Why nothing comes from the server; null while updates or readings come, and until a first try has failed. */
  get failure(): SyncKairosError | null {
    return this.#failure;
  }

  /** The time from opening the connection to its owner's closing it; then the next one begins. */
  get life(): Life {
    return this.#life;
  }

  /** The connection is lost and is being tried again. */
  get isLost(): boolean {
    return this.#state === 'reconnecting' || this.#state === 'fallback';
  }

  /** Begins to connect, unless that is already under way. Returns the present life. */
  open(): Life {
    if (this.isOff) {
      this.#attempt = 0;
      this.#enter('connecting');
      this.#dial();
    }
    return this.#life;
  }

  /** As `open`; a lost connection is tried at once instead of after the delay, and with short delays from now on. */
  hurry(): void {
    if (!this.isLost) return void this.open();
    this.#tryingSince = this.#options.clock.monotonic();
    this.#dial();
  }

  /** Records the outcome of the last request without a socket: its error, or null if the server answered. */
  report(failure: SyncKairosError | null): void {
    if (this.isLost) this.#enter(failure ? 'reconnecting' : 'fallback');
    if (failure === this.#failure) return;
    this.#failure = failure;
    this.events.emit('failure', undefined);
  }

  /** Closes the socket; calls that wait for an answer reject. It can be opened again. */
  close(): void {
    this.#rest();
    const wasConnected = this.#state === 'connected';
    this.#enter('idle');
    this.report(null);
    this.socket.disconnect();
    this.#life.end();
    this.#life = new Life();
    if (wasConnected) this.events.emit('disconnected', { code: 1000, reason: 'client disconnect' });
  }

  /** Raises the notices that the server sent beside the success of a command. */
  readonly noticed = (payload: object, notices: readonly Notice[] = []): void => {
    const { session_id = '' } = payload as { session_id?: string };
    for (const notice of notices) this.events.emit('notice', { session_id, ...notice });
  };

  /**
   * Sends a command once over the present connection. @throws SyncKairosError the server's refusal; NETWORK_ERROR
   * without a connection or when it is lost before the answer, TIMEOUT without an answer in time
   */
  exchange<C extends CommandName>(
    command: C,
    payload: Commands[C]['payload'],
    timeoutMs = this.#options.requestTimeoutMs,
  ): Promise<Commands[C]['data']> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'connected') return reject(unreachable('The connection was lost'));
      const answer = (failure: Error | null, reply: Reply<unknown>): void => {
        if (failure) {
          return reject(this.socket.connected ? timedOut(command, timeoutMs) : unreachable('The connection was lost', failure));
        }
        // The contract defines the answer of each command; the server's tests check that it keeps to it.
        if (!reply.ok) return reject(refusal(reply.error));
        this.noticed(payload, reply.notices);
        resolve(reply.data as Commands[C]['data']);
      };
      this.socket.timeout(Math.max(1, timeoutMs)).emit<CommandName>(command, payload, answer);
    });
  }

  /**
   * Gets a fresh token and sends it to the server, so that the connection outlives the old one. @throws SyncKairosError
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
    // A failure here shows when the old token ends: the server closes the connection, and the next one gets a token
    // again.
    tokens.plan(token, clock, () => void this.refreshToken().catch(() => undefined));
  }

  #dial(): void {
    if (this.#options.isRestOnly) {
      this.#enter('fallback');
      return this.events.emit('tried', undefined);
    }
    // A second try would end the first one.
    if (this.#dialling) return;
    this.#callOffRetry?.();
    this.socket.connect();
    const { engine } = this.socket.io;
    this.#dialling = engine;
    // socket.io-client does not report a transport that closes between its upgrade and its first packet before its
    // time-out. In other cases it has reported the close just now.
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
    this.#callOffSlow = later(this.#options.clock, slow, SLOW_DIAL_MS);
  }

  /** The try to connect that was under way is over. */
  #endDial(): void {
    this.#dialling = undefined;
    this.#callOffSlow?.();
  }

  /** Delays count from the first failed try. */
  #begin(): void {
    if (!this.isLost) [this.#tryingSince, this.#delay] = [this.#options.clock.monotonic(), 0];
  }

  /** Plans the next try; there is always one. `failure`: why a try failed; absent where an open connection was lost. */
  #lost(failure?: SyncKairosError): void {
    const { clock, reconnectAttempts, reconnectDelayMaxMs, reconnectEnd } = this.#options;
    this.#endDial();
    if (this.isOff) return;
    this.#begin();
    this.#attempt += 1;
    const attempt = this.#attempt;
    if (attempt >= reconnectEnd) return this.#giveUp(failure);
    this.#delay = reconnectDelay(this.#delay, clock.monotonic() - this.#tryingSince, reconnectDelayMaxMs);
    const delay = this.#invitedIn ?? jittered(this.#delay, Math.random());
    this.#invitedIn = undefined;
    this.#callOffRetry?.();
    this.#callOffRetry = later(clock, () => this.#dial(), delay);
    if (!this.isLost) this.#enter('reconnecting');
    this.events.emit('reconnecting', { attempt, delay });
    if (failure) this.events.emit('tried', undefined);
    if (attempt === reconnectAttempts + 1) this.events.emit('connectionFailed', { attempts: reconnectAttempts });
  }

  /**
   * The server or the token function refuses this client. A fresh token may help; without one another try is useless.
   */
  #refused(error: SyncKairosError, mayChange: boolean): void {
    this.events.emit('error', error);
    if (this.isOff) return;
    if (mayChange) {
      this.#lost();
      this.report(error);
    } else {
      this.#giveUp(error);
    }
  }

  /** Ends the tries; `open` begins anew. */
  #giveUp(error: SyncKairosError | undefined): void {
    this.socket.disconnect();
    this.#rest();
    this.#enter('failed');
    this.events.emit('connectionFailed', { attempts: this.#attempt });
    this.report(error ?? this.#failure);
  }

  /** The open connection is gone: by a network fault, or since the server no longer accepts the token. */
  #dismissed(mayChange: boolean): void {
    const reason = this.#dismissal;
    this.#dismissal = undefined;
    if (!reason) return this.#lost();
    if (mayChange) {
      this.#invitedIn = 0;
      return this.#lost();
    }
    const message = `UNAUTHORIZED: ${reason === 'expired' ? 'the token has expired' : 'this link was revoked'}`;
    this.#unauthorized(message);
  }

  #unauthorized(message: string): void {
    this.#refused(refusal({ code: 'UNAUTHORIZED', message, retryable: false }), false);
  }

  /** Cancels all planned tries. */
  #rest(): void {
    this.#endDial();
    this.#callOffRetry?.();
    this.#options.tokens.rest();
  }

  /** Whether the socket is neither open nor connecting. */
  get isOff(): boolean {
    return this.#state === 'idle' || this.#state === 'failed';
  }

  #enter(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.emit('state', state);
  }
}
