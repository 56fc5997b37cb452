/**
 * Sends commands whatever happens to the connection: over the socket, over REST while it is down, and again after a
 * lost answer.
 */
import { expectPayload } from './arguments.ts';
import { commandOrder, type Turn } from './command-order.ts';
import type { Connection } from './connection.ts';
import type { Commands } from './contract/index.ts';
import { pause } from './device-clock.ts';
import { about, disconnected, retryAfter, SyncKairosError, timedOut } from './errors.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { ResolvedOptions } from './options.ts';
import { requestOverRest, type RestCommand } from './rest.ts';

/** Pause before a server that could not be reached, or was not ready, is asked again. */
const AGAIN_MS = 300;

/**
 * The returned function sends a command until it is answered or its time is up. A `command_id` in the payload keeps it
 * from having its effect twice. A limit of the server is waited out where the time allows. Commands of one session are
 * sent in the order of their calls (`commandOrder`). It throws:
 * - TypeError for a payload that can't be sent
 * - SyncKairosError the server's refusal; NETWORK_ERROR when it could not be reached, TIMEOUT when an answer got lost
 *   and the outcome is unknown. It names command, session and server, and its stack the caller
 * - the reason of `signal` once that is aborted; whether a command that was sent has its effect is then unknown
 */
export function requestsOver(
  connection: Connection,
  options: ResolvedOptions,
  alive: KeepAlive,
): <C extends RestCommand>(command: C, payload: Commands[C]['payload'], signal?: AbortSignal) => Promise<Commands[C]['data']> {
  const { events } = connection;
  const { clock, requestTimeoutMs, tokens } = options;
  const enter = commandOrder(() => events.emit('moved', undefined));

  return async (command, payload, signal) => {
    expectPayload(payload);
    if (signal?.aborted) throw signal.reason;
    const rest = alive.work();
    // Reads change nothing, so they need no place in the order.
    const { command_id, session_id }: { command_id?: string | undefined; session_id?: string | undefined } = payload;
    const turn = command_id === undefined ? undefined : enter(session_id ?? '', command);
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => (abort = () => reject(signal?.reason)));
    signal?.addEventListener('abort', abort);
    try {
      return await Promise.race([insist(command, payload, turn, signal), aborted]);
    } catch (error) {
      if (!(error instanceof SyncKairosError)) throw error;
      throw about(error, { command, sessionId: session_id, url: options.restUrl });
    } finally {
      signal?.removeEventListener('abort', abort);
      turn?.leave();
      rest();
    }
  };

  async function insist<C extends RestCommand>(
    command: C,
    payload: Commands[C]['payload'],
    turn: Turn | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Commands[C]['data']> {
    const deadline = clock.monotonic() + requestTimeoutMs;
    const left = (): number => deadline - clock.monotonic();
    const life = connection.open();
    const changed = (ms: number): Promise<void> => pause(clock, ms, life, (done) => events.on('state', done));
    let [unanswered, renewed, socketFailed] = [false, false, false];
    for (;;) {
      // It is not clear yet whether there will be a socket.
      if (connection.state === 'connecting') await changed(left() / 2);
      for (let blocker; !life.isOver && (blocker = turn?.blocker());) {
        if (left() <= 0) throw blocker;
        await pause(clock, left(), life, (done) => events.on('moved', done));
      }
      turn?.hold(null);
      if (life.isOver) throw disconnected();
      // Nobody waits for it any more; sent again it might have an effect that nobody wants.
      if (signal?.aborted) throw signal.reason;
      const overSocket = connection.state === 'connected' && !socketFailed;
      const timeoutMs = left();
      try {
        // A socket gets at most half of the time, since it may be dead without a sign of it; REST gets the other half.
        if (overSocket) return await connection.exchange(command, payload, timeoutMs / 2);
        return await requestOverRest(options, command, payload, { timeoutMs, life, noticed: connection.noticed });
      } catch (error) {
        // A mistake of the program, or of the client, is not a failure of the network.
        if (!(error instanceof SyncKairosError)) throw error;
        const { code, retryable } = error;
        const isNotReady = code === 'SERVICE_UNAVAILABLE';
        /** Whether the same request is likely to succeed in a moment. */
        const isPassing = code === 'NETWORK_ERROR' || code === 'TIMEOUT' || (isNotReady && retryable);
        socketFailed ||= overSocket && code === 'TIMEOUT';
        unanswered ||= code === 'TIMEOUT' || (overSocket && code === 'NETWORK_ERROR');
        if (code === 'UNAUTHORIZED' && tokens.renewable && !renewed) {
          // Goes on over REST, which waits for the token that is requested now, but not beyond the time.
          renewed = socketFailed = true;
          void connection.refreshToken().catch(() => undefined);
          continue;
        }
        const again = retryAfter(error) ?? (isPassing ? AGAIN_MS : undefined);
        if (again === undefined) throw error;
        if (again >= left()) throw unanswered && isPassing && !isNotReady ? timedOut(command, requestTimeoutMs) : error;
        if (code === 'RATE_LIMIT_EXCEEDED') {
          turn?.hold(error);
          await pause(clock, again, life);
        } else if (!overSocket || isNotReady || (connection.state === 'connected' && !socketFailed)) {
          // A socket that was lost, or is dead, sends it over REST at once.
          await changed(again);
        }
      }
    }
  }
}
