import { setTimeout as wait } from 'node:timers/promises';
import type { Outage } from '../domain/outage.ts';
import type { Logger } from '../observability/logger.ts';
import { every } from '../util/every.ts';
import type { Marks } from './ports.ts';

const MARK_INTERVAL_MS = 1_000;
/** After this long without a mark of this instance there may have been an outage that is not recorded yet. */
const DOUBT_MS = 2_500;

/**
 * Writes a mark of life to Redis each second. A gap in the marks of all instances is an outage; the first mark
 * afterwards records it, and every instance learns of it with its own next mark.
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

  /** The known outages, oldest first. */
  get outages(): readonly Outage[] {
    return this.#outages;
  }

  /** Writes the first mark, then goes on in the background until `close`. Throws when Redis does not answer. */
  async start(): Promise<void> {
    await this.#mark();
    this.#repeating = every(
      MARK_INTERVAL_MS / 2,
      this.#stop.signal,
      () => this.#markInTime(),
      (error) => this.#logger.debug({ err: error }, 'no mark of life'),
    );
  }

  /** Leaves no further mark of life, and ends the watchdog. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#repeating;
    await this.#marks.close();
  }

  /** Resolves when all outages are known: at once, unless marks were missed. Throws when Redis does not answer. */
  async beSure(): Promise<void> {
    if (performance.now() - this.#marked < DOUBT_MS) return;
    await (this.#marking ??= this.#mark().finally(() => (this.#marking = undefined)));
  }

  async #mark(): Promise<void> {
    const known = this.#outages.length;
    // The instant of the question, since an answer that was long under way does not tell of a later outage.
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
