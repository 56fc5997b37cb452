/** Brings commands to the server whatever happens to the connection: over the socket, over REST while it is down, and again after a lost answer. */
import type { Connection } from './connection.ts';
import type { Commands } from './contract/index.ts';
import { type DeviceClock, pause } from './device-clock.ts';
import { asError, type SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { requestOverRest, type RestCommand } from './rest.ts';

/** Pause before a server that could not be reached, or was not ready, is asked again. */
const AGAIN_MS = 300;

/**
 * Sends a command until it is answered or its time is up. A `command_id` in the payload keeps it from having its effect twice.
 * @throws SyncKairosError the server's refusal; NETWORK_ERROR when it could not be reached, TIMEOUT when an answer got lost and the outcome is unknown
 */
export async function request<C extends RestCommand>(
  connection: Connection,
  options: ResolvedOptions,
  command: C,
  payload: Commands[C]['payload'],
): Promise<Commands[C]['data']> {
  const { clock, requestTimeoutMs, tokens } = options;
  const deadline = clock.monotonic() + requestTimeoutMs;
  const signal = connection.open();
  let [unanswered, renewed, socketFailed] = [false, false, false];
  for (;;) {
    // It is not clear yet whether there will be a socket.
    if (connection.state === 'connecting') await change(connection, clock, (deadline - clock.monotonic()) / 2);
    if (signal.aborted) throw unreachable('The client was disconnected');
    const overSocket = connection.state === 'connected' && !socketFailed;
    const timeoutMs = deadline - clock.monotonic();
    try {
      // Half the time at most for a socket, which may be dead without knowing it; the other half is for REST.
      if (overSocket) return await connection.exchange(command, payload, Math.min(timeoutMs, requestTimeoutMs / 2));
      return await requestOverRest(options, command, payload, { timeoutMs, signal });
    } catch (thrown) {
      const error = asError(thrown);
      socketFailed ||= overSocket && error.code === 'TIMEOUT';
      unanswered ||= error.code === 'TIMEOUT' || (overSocket && error.code === 'NETWORK_ERROR');
      if (error.code === 'UNAUTHORIZED' && tokens.renewable && !renewed) {
        // On over REST, which waits for the token that is asked for now, but not for ever.
        renewed = socketFailed = true;
        void connection.refreshToken().catch(() => undefined);
        continue;
      }
      if (!passing(error)) throw error;
      if (clock.monotonic() + AGAIN_MS >= deadline) {
        throw unanswered && error.code !== 'SERVICE_UNAVAILABLE' ? timedOut(command, requestTimeoutMs) : error;
      }
      if (!signal.aborted && (!overSocket || error.code === 'SERVICE_UNAVAILABLE')) await change(connection, clock, AGAIN_MS);
    }
  }
}

/** Waits until the connection changes, or for `ms`. Its events, since Node warns of a signal with more than ten listeners. */
async function change({ events }: Connection, clock: DeviceClock, ms: number): Promise<void> {
  const changed = new AbortController();
  const off = events.on('state', () => changed.abort());
  await pause(clock, Math.max(0, ms), changed.signal);
  off();
}

/** Whether the same request may well succeed in a moment. */
function passing(error: SyncKairosError): boolean {
  return error.code === 'NETWORK_ERROR' || error.code === 'TIMEOUT' || (error.code === 'SERVICE_UNAVAILABLE' && error.retryable);
}
