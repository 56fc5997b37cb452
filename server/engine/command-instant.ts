import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from './clock.ts';

/** An instant older than this is replaced by the present. */
const ARRIVAL_AGE_MAX_MS = 3_000;

export interface CommandInstantParts {
  clock: Clock;
  metrics: Metrics;
  logger: Logger;
}

/** The instant at which a command is judged: its arrival, unless the clock of Redis contradicts that. */
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
   * Call this when Redis refused a commit for its time. Corrects the instant once, by a fresh sample of the clock, and
   * to the present if it is too old. Returns false at the second refusal, which is logged. Throws when Redis does not
   * answer.
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
    // An arrival is never in the future, even if the clock was corrected before this sample.
    this.at = Math.floor(now - corrected > ARRIVAL_AGE_MAX_MS ? now : Math.min(corrected, now));
    return true;
  }
}
