/** While there is no socket, the sessions with listeners are read over REST. */
import { jittered } from './backoff.ts';
import type { Connection } from './connection.ts';
import { pause } from './device-clock.ts';
import { together } from './emitter.ts';
import { asError, retryAfter } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { requestOverRest } from './rest.ts';
import type { Rooms } from './rooms.ts';

/** Longest pause between two readings, ms; each is shortened at random by up to half. */
const READ_MS = 5_000;

/** Begins to read after a failed try to connect, not at the loss itself: mostly the socket is back in a moment. */
export function readWhileLost(connection: Connection, options: ResolvedOptions, rooms: Rooms): void {
  const { events } = connection;
  let isReading = false;
  events.on('tried', () => void keepReading());

  async function keepReading(): Promise<void> {
    if (isReading) return;
    isReading = true;
    while (connection.isLost) {
      const ms = await readAll();
      // A session that gets its first listener now is read at once, not in the next round.
      const subscribe = (done: () => void): (() => void) => together(events.on('state', done), events.on('wanted', done));
      if (connection.isLost) await pause(options.clock, ms, connection.life, subscribe);
    }
    isReading = false;
  }

  /** Resolves with the milliseconds until the next round. */
  async function readAll(): Promise<number> {
    const limits = { timeoutMs: options.requestTimeoutMs, life: connection.life };
    const rest = jittered(READ_MS, Math.random());
    for (const room of rooms.wanted()) {
      const { store } = room;
      try {
        const state = await requestOverRest(options, 'session:get', { session_id: store.sessionId }, limits);
        if (!connection.isLost) break;
        connection.report(null);
        store.offer(state);
      } catch (thrown) {
        const error = asError(thrown);
        const { code } = error;
        if (!connection.isLost) break;
        // No such route: this is not the address of the service.
        const isAway = code === 'NETWORK_ERROR' || code === 'TIMEOUT' || code === 'NOT_FOUND';
        connection.report(isAway ? error : null);
        if (isAway) break;
        const limitMs = retryAfter(error);
        if (limitMs !== undefined) {
          // Sessions without a state get an error with the reason, since the wait may take a minute.
          if (!store.getSnapshot()) store.fail(error);
          return limitMs + rest;
        }
        room.refused(error);
      }
    }
    // The other half of this address's requests is left to commands, also those of other clients behind the same
    // address.
    const { isShort, resetMs } = options.quota;
    return (isShort ? resetMs : 0) + rest;
  }
}
