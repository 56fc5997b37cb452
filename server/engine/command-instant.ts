import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from './clock.ts';

/** An instant further in the past than this is not judged any more. */
const ARRIVAL_AGE_MAX_MS = 3_000;

export interface CommandInstantParts {
  clock: Clock;
  metrics: Metrics;
  logger: Logger;
}

/** The instant a command is judged at: when it reached the server, unless the clock of Redis contradicts that. */
export class CommandInstant {
  /** Unix ms, whole. */
  at: number;
  readonly #arrival: number;
  readonly #parts: CommandInstantParts;
  #redone = false;

  constructor(arrival: number, parts: CommandInstantParts) {
    this.at = arrival;
    this.#arrival = arrival;
    this.#parts = parts;
  }

  /**
   * To be called when Redis refused a commit for its time. Corrects the instant once: by a fresh sample of the clock,
   * and to the present where it is too old. False at the second refusal, which is logged. Throws when Redis can't be
   * asked.
   */
  async redo(): Promise<boolean> {
    const { clock, metrics, logger } = this.#parts;
    metrics.clockRefusals.inc();
    if (this.#redone) {
      logger.error({ arrival: this.#arrival, judged: this.at, now: clock.now() }, 'the clock of Redis refused a command twice');
      return false;
    }
    this.#redone = true;
    const corrected = this.at + (await clock.sample());
    const now = clock.now();
    // What has arrived can't lie ahead, even where the clock had been corrected before this sample was taken.
    this.at = Math.floor(now - corrected > ARRIVAL_AGE_MAX_MS ? now : Math.min(corrected, now));
    return true;
  }
}
