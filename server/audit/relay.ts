import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Outbox } from './outbox-port.ts';
import type { Logger } from '../observability/logger.ts';
import { within } from '../util/within.ts';
import type { Batch, Segment } from './queue.ts';
import { instantOf } from './rows.ts';

/** When a relay dies, another one takes over within LEASE_MS + LEASE_RETRY_MS. */
const LEASE_MS = 3_000;
const LEASE_RETRY_MS = 500;
const POLL_MS = 100;
const ERROR_PAUSE_MS = 500;
/** A state of a thousand participants has up to half a megabyte, so jobs are limited by size too. */
const BATCH_EVENTS = 250;
const BATCH_CHARACTERS = 1024 * 1024;
const CLOSE_DEADLINE_MS = 2_000;

export interface RelayOptions {
  outbox: Outbox;
  /** Takes responsibility for a batch. The same batch may come again. */
  accept(batch: Batch): Promise<void>;
  logger: Logger;
}

type Reading = Awaited<ReturnType<Outbox['read']>>;

/** Which partitions of the outbox cannot be relayed: `some` if they are on nodes of a cluster that do not answer. */
type Failing = 'none' | 'some' | 'all';

/**
 * Moves events from the outbox to the queue; one relay works at a time over all instances. Entries leave the outbox
 * only after the queue has accepted them, so a relay may die at any line: the next one repeats the last step.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #holder = randomUUID();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #failing: Failing = 'none';
  #closing: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: RelayOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Which partitions failed in the last round. */
  get failing(): Failing {
    return this.#failing;
  }

  /** Ends after the present batch and releases the lease. Never rejects, and takes at most two seconds. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await within(CLOSE_DEADLINE_MS, this.#running, () => {});
  }

  async #run(): Promise<void> {
    const { outbox, logger } = this.#options;
    while (!this.#stop.signal.aborted) await pause(await this.#round(), this.#stop.signal);
    await outbox
      .releaseLease(this.#holder)
      .catch((error: unknown) => logger.debug({ err: error }, 'the lease of the relay runs out by itself'));
  }

  /** Moves what is there, once. Returns how long to wait before the next round, ms. */
  async #round(): Promise<number> {
    const { outbox, logger } = this.#options;
    try {
      const mine = await outbox.acquireLease(this.#holder, LEASE_MS);
      if (!mine) {
        this.#failing = 'none';
        return LEASE_RETRY_MS;
      }
      const { more, errors } = await this.#move();
      if (errors.length > 0 && this.#failing === 'none')
        logger.warn({ err: errors[0] }, 'relaying some partitions failed; going on with the others');
      if (errors.length === 0 && this.#failing !== 'none') logger.info('the outbox is relayed again');
      this.#failing = errors.length > 0 ? 'some' : 'none';
      return more ? 0 : POLL_MS;
    } catch (error) {
      if (this.#failing !== 'all') logger.warn({ err: error }, 'relaying the outbox failed; trying again');
      this.#failing = 'all';
      return ERROR_PAUSE_MS;
    }
  }

  /**
   * Goes once through all partitions that answer. `more` if some have entries left; `errors` of those that do not
   * answer. Throws if none answers.
   */
  async #move(): Promise<{ more: boolean; errors: unknown[] }> {
    const { waiting, errors } = await this.#look();
    let more = false;
    let batch = emptyBatch();
    let characters = 0;
    // Removes the last batch while the next one is read and handed on.
    let removed = Promise.resolve();
    const handOn = async () => {
      await this.#options.accept(batch);
      await removed;
      removed = this.#remove(batch, errors);
      batch = emptyBatch();
      characters = 0;
    };
    try {
      let ahead = this.#readAhead(waiting[0]);
      for (const [index, partition] of waiting.entries()) {
        if (this.#stop.signal.aborted) break;
        const { entries, more: isCut } = await ahead;
        ahead = this.#readAhead(waiting[index + 1]);
        more ||= isCut;
        let segment: Segment | undefined;
        for (const { id, event, state } of entries) {
          const size = event.length + state.length;
          if (batch.events.length === BATCH_EVENTS || (batch.events.length > 0 && characters + size > BATCH_CHARACTERS)) {
            await handOn();
            segment = undefined;
          }
          if (segment === undefined) {
            segment = { partition, ids: [] };
            batch.segments.push(segment);
            batch.oldest = Math.min(batch.oldest, instantOf(event));
          }
          segment.ids.push(id);
          batch.events.push({ event, state });
          characters += size;
        }
      }
      if (batch.events.length > 0) await handOn();
    } finally {
      await removed;
    }
    return { more: more && errors.length === 0, errors };
  }

  /**
   * The partitions that have entries. All are asked at once, so that a cluster's node that does not answer costs one
   * time-out, not one for each partition.
   */
  async #look(): Promise<{ waiting: number[]; errors: unknown[] }> {
    const { outbox } = this.#options;
    const looks = await Promise.allSettled(Array.from({ length: outbox.partitions }, (_, partition) => outbox.oldest(partition)));
    const errors = failures(looks);
    if (errors.length === looks.length) throw errors[0];
    const waiting = looks.flatMap((look, partition) => (look.status === 'fulfilled' && look.value !== null ? [partition] : []));
    return { waiting, errors };
  }

  /** Reads a partition while what was read of the one before it is handed on. */
  #readAhead(partition: number | undefined): Promise<Reading> {
    if (partition === undefined) return Promise.resolve({ entries: [], more: false });
    const reading = this.#options.outbox.read(partition, BATCH_EVENTS);
    // The caller gets the rejection when it awaits; it may end before it does.
    reading.catch(() => {});
    return reading;
  }

  /**
   * Removes accepted entries from the outbox. Never rejects: entries that could not be removed are relayed again, which
   * is harmless; the causes go to `errors`.
   */
  async #remove({ segments }: Batch, errors: unknown[]): Promise<void> {
    const { outbox } = this.#options;
    errors.push(...failures(await Promise.allSettled(segments.map(({ partition, ids }) => outbox.remove(partition, ids)))));
  }
}

function failures(outcomes: PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
}

function emptyBatch(): Batch {
  return { segments: [], events: [], oldest: Infinity };
}

/** Waits `ms`, or until the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
