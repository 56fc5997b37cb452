import { setImmediate } from 'node:timers/promises';

/** How long work holds the event loop before others get a turn, ms: the first time, and each later time. */
const FIRST_MS = 1;
const SLICE_MS = 5;

let last: Promise<void> = Promise.resolve();

/**
 * Waits for one turn of the event loop. Of all who wait here one goes on in each turn, so that many hold up the loop no
 * longer than one does.
 */
export function nextTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}

/** The time on the event loop of one long piece of work, which asks at each step whether its time is over. */
export class Slice {
  #until: number;

  /** `firstMs`: how long it holds the event loop the first time. */
  constructor(firstMs = FIRST_MS) {
    this.#until = performance.now() + firstMs;
  }

  /** Whether the slice of time is used up, so that others must be let in. */
  get isOver(): boolean {
    return performance.now() > this.#until;
  }

  /** Waits for the next turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#until = performance.now() + SLICE_MS;
  }
}
