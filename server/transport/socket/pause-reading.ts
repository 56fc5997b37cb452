import type { WebSocket } from '../../internals/ws.ts';

/** Most pauses in a row; in a row: each begins within `CALM_MS` of the one before. */
const PAUSES_MAX = 10;
const CALM_MS = 5_000;

/** Pauses the reading of a connection, so that a flood stays in its sender's own buffers. It is read afterwards. */
export class ReadingPause {
  readonly #webSocket: WebSocket;
  #isPaused = false;
  #pauses = 0;
  #last = 0;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
  }

  /**
   * Pauses reading for so many ms. False, without a pause, after too many pauses. `now`: ms of a clock that never goes
   * back.
   */
  begin(now: number, ms: number): boolean {
    if (this.#isPaused) return true;
    this.#pauses = now - this.#last > CALM_MS ? 1 : this.#pauses + 1;
    this.#last = now;
    if (this.#pauses > PAUSES_MAX) return false;
    this.#isPaused = true;
    this.#webSocket.pause();
    setTimeout(() => {
      this.#isPaused = false;
      this.#webSocket.resume();
    }, ms).unref();
    return true;
  }
}
