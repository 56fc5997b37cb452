import { NewerSchemaError } from '../domain/schema.ts';
import type { Logger } from '../observability/logger.ts';
import { every } from '../util/every.ts';
import type { Clock } from './clock.ts';
import type { Expirer } from './expirer.ts';
import { type SessionStore, UnreadableStateError } from './ports.ts';

const INTERVAL_MS = 200;
/** An expiry that is this late was not committed by the instance that had the alarm, ms. */
const SLACK_MS = 150;
const BATCH_OF_A_PARTITION = 50;
/** Each read may be half a megabyte. */
const AT_ONCE = 8;

export interface SweepOptions {
  store: SessionStore;
  expirer: Expirer;
  clock: Clock;
  logger: Logger;
}

/** Does what is due for sessions whose instance is gone: finds what is overdue in Redis and does it. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #stop = new AbortController();
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Begins to look for overdue sessions at regular intervals. */
  start(): void {
    const { signal } = this.#stop;
    const sweep = async () => {
      while ((await this.#sweep()) && !signal.aborted);
    };
    this.#sweeping = every(INTERVAL_MS, signal, sweep, (error) => this.#options.logger.debug({ err: error }, 'sweep interrupted'));
  }

  /** Ends the sweep; resolves when the present look is over. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sweeping;
  }

  /** Looks at all partitions once. True if a partition had more than one batch. */
  async #sweep(): Promise<boolean> {
    const { store, expirer, clock, logger } = this.#options;
    const overdue = await store.overdue(Math.floor(clock.now()) - SLACK_MS, BATCH_OF_A_PARTITION);
    let failed = false;
    const queue = overdue[Symbol.iterator]();
    const handleAll = async () => {
      for (const sessionId of queue) {
        await expirer.handleDue(sessionId).catch(async (error: unknown) => {
          failed = true;
          // Left to the newer instances, while both versions run.
          if (error instanceof NewerSchemaError) return;
          logger.warn({ session: sessionId, err: error }, 'what is overdue in a session could not be done');
          if (error instanceof UnreadableStateError) await store.setAside(sessionId);
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, handleAll));
    return overdue.length >= BATCH_OF_A_PARTITION && !failed;
  }
}
