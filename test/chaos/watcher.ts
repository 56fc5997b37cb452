import { io, type Socket } from 'socket.io-client';
import type { ExpiredEvent, Reply, SessionState, UpdateEvent, WarningEvent } from '#contract';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';

/** Somebody who looks at games, and the newest state that they know of each. */
export interface Watcher {
  name: string;
  watch(sessionId: string): void;
  known(sessionId: string): SessionState | undefined;
  close(): void;
}

/** A stock Socket.IO client that does what docs/PROTOCOL.md tells clients to do, and no more. */
export class StockWatcher implements Watcher {
  readonly name = 'stock client';
  /** How often it was told of each expiry and warning. */
  readonly told = new Map<string, number>();
  /** Expiries that it was told of before their time. */
  readonly early: string[] = [];
  readonly #socket: Socket;
  readonly #states = new Map<string, SessionState | undefined>();

  constructor(url: string) {
    this.#socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelayMax: 2_000, timeout: 3_000 });
    this.#socket.on('connect', () => [...this.#states.keys()].forEach((id) => void this.#join(id)));
    this.#socket.on('session:update', ({ state }: UpdateEvent) => this.#take(state));
    this.#socket.on('session:expired', ({ session_id, epoch, version, expired_at }: ExpiredEvent) => {
      this.#count(`${session_id} expired ${epoch} ${version}`);
      if (Date.now() < Date.parse(expired_at)) this.early.push(`${session_id} ${expired_at}`);
    });
    this.#socket.on('session:warning', ({ session_id, epoch, version, threshold_ms }: WarningEvent) =>
      this.#count(`${session_id} warning ${threshold_ms} ${epoch} ${version}`),
    );
  }

  watch(sessionId: string): void {
    this.#states.set(sessionId, undefined);
    if (this.#socket.connected) void this.#join(sessionId);
  }

  known(sessionId: string): SessionState | undefined {
    return this.#states.get(sessionId);
  }

  close(): void {
    this.#socket.close();
  }

  async #join(session_id: string): Promise<void> {
    const known = this.#states.get(session_id);
    const position = known === undefined ? {} : { last_known_version: known.version, last_known_epoch: known.epoch };
    const connection = this.#socket.id;
    const reply = (await this.#socket
      .timeout(3_000)
      .emitWithAck('session:join', { session_id, ...position })
      .catch(() => undefined)) as Reply<{ state: SessionState }> | undefined;
    if (reply?.ok === true) this.#take(reply.data.state);
    else if (this.#socket.connected && this.#socket.id === connection) setTimeout(() => void this.#join(session_id), 300).unref();
  }

  #take(state: SessionState): void {
    const known = this.#states.get(state.session_id);
    if (known === undefined || state.epoch > known.epoch || (state.epoch === known.epoch && state.version > known.version)) {
      this.#states.set(state.session_id, state);
    }
  }

  #count(event: string): void {
    this.told.set(event, (this.told.get(event) ?? 0) + 1);
  }
}

/** The project's own client, as an application uses it. */
export class SdkWatcher implements Watcher {
  readonly name = 'SDK client';
  readonly #client: SyncKairosClient;

  constructor(url: string) {
    this.#client = new SyncKairosClient(url, { reconnectAttempts: 1_000 });
    // Rooms that can't be joined now are tried again by the client itself.
    this.#client.on('error', () => {});
  }

  watch(sessionId: string): void {
    this.#client.connectWebSocket(sessionId, () => {});
  }

  known(sessionId: string): SessionState | undefined {
    return this.#client.session(sessionId).getSnapshot() ?? undefined;
  }

  close(): void {
    this.#client.disconnect();
  }
}
