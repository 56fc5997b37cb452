/** While there is no socket, the sessions that somebody listens to are read over REST. */
import { jittered } from './backoff.ts';
import type { Connection } from './connection.ts';
import { pause } from './device-clock.ts';
import { asError, retryAfter } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { requestOverRest } from './rest.ts';
import type { Rooms } from './rooms.ts';

/** Longest pause between two readings, ms; each is shortened at random by up to half. */
const READ_MS = 5_000;

/** Begins to read after a failed try to connect, not at the loss itself: mostly the socket is back in a moment. */
export class Fallback {
  readonly #connection: Connection;
  readonly #options: ResolvedOptions;
  readonly #rooms: Rooms;
  #isReading = false;
  #wake = new AbortController();

  constructor(connection: Connection, options: ResolvedOptions, rooms: Rooms) {
    this.#connection = connection;
    this.#options = options;
    this.#rooms = rooms;
    connection.events.on('tried', () => void this.#keepReading());
    connection.events.on('state', () => this.#wake.abort());
    // A session that gets its first listener now is read at once, not in the next round.
    connection.events.on('wanted', () => this.#wake.abort());
  }

  async #keepReading(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#connection.isLost) {
      const rest = await this.#readAll();
      this.#wake = new AbortController();
      if (this.#connection.isLost) await pause(this.#options.clock, rest, this.#wake.signal);
    }
    this.#isReading = false;
  }

  /** Resolves with the milliseconds until the next round. */
  async #readAll(): Promise<number> {
    const [connection, { requestTimeoutMs: timeoutMs }] = [this.#connection, this.#options];
    const signal = connection.closed;
    for (const sessionId of this.#rooms.wanted()) {
      try {
        const state = await requestOverRest(this.#options, 'session:get', { session_id: sessionId }, { timeoutMs, signal });
        if (!connection.isLost) break;
        connection.report(null);
        this.#rooms.store(sessionId).offer(state);
      } catch (thrown) {
        const error = asError(thrown);
        if (!connection.isLost) break;
        // No such route: this is not the address of the service.
        if (error.code === 'NETWORK_ERROR' || error.code === 'TIMEOUT' || error.code === 'NOT_FOUND') {
          connection.report(error);
          break;
        }
        connection.report(null);
        const limitMs = retryAfter(error);
        if (limitMs !== undefined) {
          const store = this.#rooms.store(sessionId);
          // Sessions without a state get an error with the reason, since the wait may take a minute.
          if (store.getSnapshot() === null) store.fail(error);
          return limitMs + jittered(READ_MS, Math.random());
        }
        this.#rooms.refused(sessionId, error);
      }
    }
    // The other half of this address's requests is left to commands, also those of other clients behind the same
    // address.
    const { isShort, resetMs } = this.#options.quota;
    return (isShort ? resetMs : 0) + jittered(READ_MS, Math.random());
  }
}
