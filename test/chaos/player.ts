import { setTimeout as wait } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { CommandName, Reply, SessionState } from '#contract';
import type { Game } from './games.ts';

const PACE_MS = 60;
/** A command that is not answered by then is sent again; the service promises two seconds. */
const ANSWER_MS = 2_500;
const PATIENCE_MS = 30_000;

export interface Acknowledged {
  command_id: string;
  version: number;
}

/**
 * Plays one game, whatever happens: repeats each command by its `command_id` until it succeeds or is refused for good.
 */
export class Player {
  readonly acknowledged: Acknowledged[] = [];
  /** What was refused that a player of this game may not be refused. */
  readonly complaints: string[] = [];
  readonly game: Game;
  readonly #socket: Socket;
  #count = 0;
  #stopped = false;
  #playing: Promise<void> = Promise.resolve();

  constructor(url: string, game: Game) {
    this.game = game;
    // A stock client whose waits are shorter, so that the test does not take long.
    this.#socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelayMax: 2_000, timeout: 3_000 });
  }

  /** Creates and starts the game, and goes on playing. */
  async begin(): Promise<void> {
    await this.#insist('session:create', this.game.payload);
    await this.#insist('session:start', {});
    this.#playing = this.#play();
    // Heard of by `stop`.
    this.#playing.catch(() => {});
  }

  /** Ends with the command in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#playing;
  }

  /** Completes the game, unless it is over, and leaves. */
  async complete(): Promise<void> {
    await this.#insist('session:complete', {});
    this.#socket.close();
  }

  close(): void {
    this.#stopped = true;
    this.#socket.close();
  }

  async #play(): Promise<void> {
    const { moves } = this.game;
    for (let turn = 0; !this.#stopped && moves.length > 0; turn++) {
      await wait(PACE_MS);
      const [name, fields] = moves[turn % moves.length] ?? ['session:switch', {}];
      await this.#insist(name, fields);
    }
  }

  async #insist(name: CommandName, fields: object): Promise<void> {
    const command_id = `${name}-${this.#count++}`;
    const payload = { session_id: this.game.payload.session_id, ...fields, command_id };
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const reply = await this.#send(name, payload);
      if (reply?.ok === true) {
        this.acknowledged.push({ command_id, version: reply.applied_version ?? (reply.data as SessionState).version });
        return;
      }
      if (reply !== undefined && !reply.error.retryable) {
        // Nobody else plays this game, so none of its commands may be refused.
        this.complaints.push(`${payload.session_id} ${command_id}: ${JSON.stringify(reply.error).slice(0, 200)}`);
        return;
      }
      if (performance.now() > end) throw new Error(`${payload.session_id} ${command_id} did not succeed within ${PATIENCE_MS} ms`);
      await wait(PACE_MS);
    }
  }

  async #send(name: CommandName, payload: object): Promise<Reply<unknown> | undefined> {
    if (!this.#socket.connected) return undefined;
    // No answer, or the connection is lost: whether it took effect is open.
    return this.#socket
      .timeout(ANSWER_MS)
      .emitWithAck(name, payload)
      .catch(() => undefined) as Promise<Reply<unknown> | undefined>;
  }
}
