/**
 * Sends commands whatever happens to the connection: over the socket, over REST while it is down, and again after a
 * lost answer.
 */
import { expectPayload } from './arguments.ts';
import { CommandOrder } from './command-order.ts';
import type { Connection } from './connection.ts';
import type { Commands } from './contract/index.ts';
import { later } from './device-clock.ts';
import { retryAfter, SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { ResolvedOptions } from './options.ts';
import { requestOverRest, type RestCommand } from './rest.ts';

/** Pause before a server that could not be reached, or was not ready, is asked again. */
const AGAIN_MS = 300;

export class Requests {
  readonly #connection: Connection;
  readonly #options: ResolvedOptions;
  readonly #alive: KeepAlive;
  readonly #order = new CommandOrder();

  constructor(connection: Connection, options: ResolvedOptions, alive: KeepAlive) {
    this.#connection = connection;
    this.#options = options;
    this.#alive = alive;
  }

  /**
   * Sends a command until it is answered or its time is up. A `command_id` in the payload keeps it from having its
   * effect twice. A limit of the server is waited out where the time allows. Commands of one session are sent in the
   * order of their calls (`CommandOrder`).
   * @throws TypeError for a payload that can't be sent
   * @throws SyncKairosError the server's refusal; NETWORK_ERROR when it could not be reached, TIMEOUT when an answer
   * got lost and the outcome is unknown
   */
  async send<C extends RestCommand>(command: C, payload: Commands[C]['payload']): Promise<Commands[C]['data']> {
    expectPayload(payload);
    const rest = this.#alive.work();
    // Reads change nothing, so they need no place in the order.
    const isRead = payload.command_id === undefined;
    const [order, sessionId] = [this.#order, payload.session_id ?? ''];
    const call = isRead ? null : order.enter(sessionId, command);
    const turn = {
      blocker: () => call && order.blocker(sessionId, call),
      hold: (refusal: SyncKairosError | null) => call && order.hold(call, refusal),
    };
    try {
      return await this.#insist(command, payload, turn);
    } finally {
      if (call !== null) order.leave(sessionId, call);
      rest();
    }
  }

  async #insist<C extends RestCommand>(
    command: C,
    payload: Commands[C]['payload'],
    turn: { blocker: () => SyncKairosError | null; hold: (refusal: SyncKairosError | null) => void },
  ): Promise<Commands[C]['data']> {
    const [connection, options] = [this.#connection, this.#options];
    const { clock, requestTimeoutMs, tokens } = options;
    const deadline = clock.monotonic() + requestTimeoutMs;
    const signal = connection.open();
    let [unanswered, renewed, socketFailed] = [false, false, false];
    for (;;) {
      // It is not clear yet whether there will be a socket.
      if (connection.state === 'connecting') await this.#change((deadline - clock.monotonic()) / 2);
      for (let blocker = turn.blocker(); blocker !== null && !signal.aborted; blocker = turn.blocker()) {
        if (clock.monotonic() >= deadline) throw blocker;
        await this.#wait(deadline - clock.monotonic(), (done) => this.#order.moved.on('moved', done));
      }
      turn.hold(null);
      if (signal.aborted) throw unreachable('The client was disconnected');
      const overSocket = connection.state === 'connected' && !socketFailed;
      const timeoutMs = deadline - clock.monotonic();
      try {
        // A socket gets at most half of the time, since it may be dead without a sign of it; REST gets the other half.
        if (overSocket) return await connection.exchange(command, payload, timeoutMs / 2);
        return await requestOverRest(options, command, payload, {
          timeoutMs,
          signal,
          noticed: (of, notices) => connection.noticed(of, notices),
        });
      } catch (error) {
        // A mistake of the program, or of the client, is not a failure of the network.
        if (!(error instanceof SyncKairosError)) throw error;
        socketFailed ||= overSocket && error.code === 'TIMEOUT';
        unanswered ||= error.code === 'TIMEOUT' || (overSocket && error.code === 'NETWORK_ERROR');
        if (error.code === 'UNAUTHORIZED' && tokens.renewable && !renewed) {
          // Goes on over REST, which waits for the token that is requested now, but not beyond the time.
          renewed = socketFailed = true;
          void connection.refreshToken().catch(() => undefined);
          continue;
        }
        const again = retryAfter(error) ?? (isPassing(error) ? AGAIN_MS : undefined);
        const left = deadline - clock.monotonic();
        if (again === undefined) throw error;
        if (again >= left)
          throw unanswered && isPassing(error) && error.code !== 'SERVICE_UNAVAILABLE' ? timedOut(command, requestTimeoutMs) : error;
        if (error.code === 'RATE_LIMIT_EXCEEDED') {
          turn.hold(error);
          await this.#wait(again);
        } else if (!overSocket || error.code === 'SERVICE_UNAVAILABLE' || (connection.state === 'connected' && !socketFailed)) {
          // A socket that was lost, or is dead, sends it over REST at once.
          await this.#change(again);
        }
      }
    }
  }

  /** Waits until the connection changes, or for `ms`. */
  #change(ms: number): Promise<void> {
    return this.#wait(ms, (done) => this.#connection.events.on('state', done));
  }

  /** Waits for `ms`, until the client is disconnected, or until whoever `subscribe` asks says so. */
  #wait(ms: number, subscribe: (done: () => void) => () => void = () => () => undefined): Promise<void> {
    const { events } = this.#connection;
    return new Promise((resolve) => {
      const done = (): void => {
        callOff();
        offClose();
        off();
        resolve();
      };
      const callOff = later(this.#options.clock, done, Math.max(0, ms));
      const offClose = events.on('state', (state) => state === 'idle' && done());
      const off = subscribe(done);
    });
  }
}

/** Whether the same request is likely to succeed in a moment. */
function isPassing({ code, retryable }: SyncKairosError): boolean {
  return code === 'NETWORK_ERROR' || code === 'TIMEOUT' || (code === 'SERVICE_UNAVAILABLE' && retryable);
}
