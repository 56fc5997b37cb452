import { setTimeout as wait } from 'node:timers/promises';
import type { Outage } from '../domain/outage.ts';
import type { Logger } from '../observability/logger.ts';
import { every } from '../util/every.ts';
import type { Marks } from './ports.ts';

const MARK_INTERVAL_MS = 1_000;
/** After this long without a mark of our own there may have been an outage that nobody has recorded yet. */
const DOUBT_MS = 2_500;

/**
 * Tells Redis each second that an instance is there. A gap in the marks of all instances together is an outage; whoever
 * marks first afterwards records it, and every instance learns of it with its own next mark.
 */
export class Liveness {
  readonly #marks: Marks;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #outages: readonly Outage[] = [];
  /** Monotonic ms. */
  #marked = Number.NEGATIVE_INFINITY;
  #marking: Promise<void> | undefined;
  #repeating: Promise<void> = Promise.resolve();

  constructor(marks: Marks, logger: Logger) {
    this.#marks = marks;
    this.#logger = logger;
  }

  /** The outages that are known, oldest first. */
  get outages(): readonly Outage[] {
    return this.#outages;
  }

  /** Makes the first mark, then goes on in the background until `close`. Throws when Redis can't be reached. */
  async start(): Promise<void> {
    await this.#mark();
    this.#repeating = every(
      MARK_INTERVAL_MS / 2,
      this.#stop.signal,
      () => this.#markInTime(),
      (error) => this.#logger.debug({ err: error }, 'no mark of life'),
    );
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#repeating;
    await this.#marks.close();
  }

  /** Resolves when no outage can be unknown: at once, except after one. Throws when Redis can't be reached. */
  async beSure(): Promise<void> {
    if (performance.now() - this.#marked < DOUBT_MS) return;
    await (this.#marking ??= this.#mark().finally(() => (this.#marking = undefined)));
  }

  async #mark(): Promise<void> {
    const known = this.#outages.length;
    // When it was asked: an answer that was long on its way tells nothing of an outage meanwhile.
    const asked = performance.now();
    this.#outages = await this.#marks.mark();
    this.#marked = asked;
    if (this.#outages.length > known && known > 0) this.#logger.warn({ outage: this.#outages.at(-1) }, 'there was an outage');
  }

  async #markInTime(): Promise<void> {
    this.#marks.alive();
    await wait(MARK_INTERVAL_MS / 2, undefined, { signal: this.#stop.signal, ref: false });
    await this.#mark();
  }
}
