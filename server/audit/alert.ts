import type { Logger } from '../observability/logger.ts';

/** Logs a warning when a count exceeds its limit, and no other one until the count has fallen to half of it. */
export class Alert {
  readonly #limit: number;
  readonly #what: string;
  readonly #logger: Logger;
  #raised = false;

  /** `what` completes the sentence "more than 1000 …". */
  constructor(limit: number, what: string, logger: Logger) {
    this.#limit = limit;
    this.#what = what;
    this.#logger = logger;
  }

  /** Compares a count with the limit: warns when it rises above, and is ready to warn again at half of it. */
  look(count: number): void {
    if (!this.#raised && count > this.#limit) {
      this.#raised = true;
      this.#logger.warn({ count }, `more than ${this.#limit} ${this.#what}`);
    } else if (this.#raised && count <= this.#limit / 2) {
      this.#raised = false;
      this.#logger.info({ count }, `no longer more than ${this.#limit} ${this.#what}`);
    }
  }
}
