/** One socket to the server that comes back by itself, and commands over it. Knows nothing of sessions. */
import { io, type Socket } from 'socket.io-client';
import type { CommandName, Commands, Reply, ServerToClientEvents } from './contract/index.ts';
import { Emitter } from './emitter.ts';
import { refusal, SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

interface ConnectionEvents {
  state: ConnectionState;
  /** Close code of the WebSocket (RFC 6455) and Socket.IO's word for what happened. */
  disconnected: { code: number; reason: string };
  reconnecting: { attempt: number; delay: number };
  failed: { attempts: number };
}

/** The event map as the socket sees it; `request` ties each command to its types. */
type Outgoing = Record<CommandName, (payload: unknown, ack: (reply: Reply<unknown>) => void) => void>;

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/** Milliseconds to wait before the `attempt`th (1, 2, …) try to reconnect: doubling from 1 s to 30 s, of which chance (0 to 1) takes up to half, so that clients of a dead instance don't return all at once. */
export function reconnectDelay(attempt: number, chance: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (1 - chance / 2);
}

export class Connection extends Emitter<ConnectionEvents> {
  readonly socket: Socket<ServerToClientEvents, Outgoing>;
  readonly #options: ResolvedOptions;
  #state: ConnectionState = 'idle';
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
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
      auth: (send) =>
        void options.token().then(
          (token) => send(token === undefined ? {} : { token }),
          () => this.#lost(),
        ),
    });
    this.socket.on('connect', () => {
      this.#attempt = 0;
      this.#enter('connected');
    });
    this.socket.on('connect_error', () => this.#lost());
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

  /** Begins to connect, unless that is already under way; from `reconnecting` at once instead of after the delay. */
  open(): void {
    if (this.#state === 'connected' || this.#state === 'connecting') return;
    clearTimeout(this.#retry);
    if (this.#state !== 'reconnecting') {
      this.#attempt = 0;
      this.#enter('connecting');
    }
    this.socket.connect();
  }

  /** Closes the socket; whatever waits for an answer is rejected. Opening again is possible. */
  close(): void {
    clearTimeout(this.#retry);
    const wasConnected = this.#state === 'connected';
    this.#enter('idle');
    this.socket.disconnect();
    if (wasConnected) this.emit('disconnected', { code: 1000, reason: 'client disconnect' });
  }

  /**
   * Sends a command, connecting first where needed. When the connection is lost before the answer it is sent again over the next one:
   * its `command_id` keeps it from having its effect twice.
   * @throws SyncKairosError the server's refusal; NETWORK_ERROR without a connection, TIMEOUT without an answer in time
   */
  async request<C extends CommandName>(command: C, payload: Commands[C]['payload']): Promise<Commands[C]['data']> {
    const { clock, requestTimeoutMs } = this.#options;
    const deadline = clock.monotonic() + requestTimeoutMs;
    let sent = false;
    for (;;) {
      try {
        await this.#connected(deadline - clock.monotonic());
      } catch (error) {
        throw sent ? timedOut(command, requestTimeoutMs) : error;
      }
      try {
        return await this.exchange(command, payload, deadline - clock.monotonic());
      } catch (error) {
        const lostOnTheWay = error instanceof SyncKairosError && error.code === 'NETWORK_ERROR' && this.#state !== 'idle';
        if (!lostOnTheWay) throw error;
        sent = true;
      }
    }
  }

  /** One try over the present connection. @throws as `request`; NETWORK_ERROR also when the connection is lost before the answer */
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

  #connected(timeoutMs: number): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve();
    // While reconnecting, the delay is kept: a busy client must not turn it into a storm.
    if (this.#state !== 'reconnecting') this.open();
    return new Promise((resolve, reject) => {
      const settle = (error?: SyncKairosError): void => {
        clearTimeout(timer);
        off();
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => settle(unreachable('Not connected')), Math.max(0, timeoutMs));
      const off = this.on('state', (state) => {
        if (state === 'connected') settle();
        if (state === 'failed' || state === 'idle') settle(unreachable('Not connected'));
      });
    });
  }

  #lost(): void {
    if (this.#state === 'idle' || this.#state === 'failed') return;
    this.#attempt += 1;
    if (this.#attempt > this.#options.reconnectAttempts) {
      this.socket.disconnect();
      this.#enter('failed');
      this.emit('failed', { attempts: this.#attempt - 1 });
      return;
    }
    const delay = this.#invitedIn ?? reconnectDelay(this.#attempt, Math.random());
    this.#invitedIn = undefined;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.socket.connect(), delay);
    this.#enter('reconnecting');
    this.emit('reconnecting', { attempt: this.#attempt, delay });
  }

  #enter(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

/** 1006, "abnormal closure", where the close frame is not to be had. */
function closeCode(description: unknown): number {
  const context = typeof description === 'object' && description !== null && 'context' in description ? description.context : undefined;
  return typeof context === 'object' && context !== null && 'code' in context && typeof context.code === 'number' ? context.code : 1006;
}
