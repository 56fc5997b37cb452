import { setImmediate } from 'node:timers/promises';

/** How long work holds the event loop before others get their turn, ms: at first, and each time that it goes on. */
const FIRST_MS = 1;
const SLICE_MS = 5;

let last: Promise<void> = Promise.resolve();

/**
 * Lets everybody else have a turn. Of all that wait here one goes on in each round of the event loop, so that many at
 * once hold it up no longer than one.
 */
export function nextTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}

/** The share of the event loop of one long piece of work, which asks at each step whether its time is over. */
export class Slice {
  #until = performance.now() + FIRST_MS;

  get isOver(): boolean {
    return performance.now() > this.#until;
  }

  /** Waits for the next turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#until = performance.now() + SLICE_MS;
  }
}
