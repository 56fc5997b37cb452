import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Outbox } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';
import { endsWithin } from './deadline.ts';
import type { Batch, Segment } from './queue.ts';
import { instantOf } from './rows.ts';

/** After the death of a relay another one takes over within this and LEASE_RETRY_MS. */
const LEASE_MS = 3_000;
const LEASE_RETRY_MS = 500;
const POLL_MS = 100;
const ERROR_PAUSE_MS = 500;
const READ_ENTRIES = 250;
/** States of a thousand participants are some 250 KiB each: what a job holds in memory is limited by size too. */
const BATCH_EVENTS = 250;
const BATCH_CHARACTERS = 1024 * 1024;
const CLOSE_DEADLINE_MS = 2_000;

export interface RelayOptions {
  outbox: Outbox;
  /** Takes a batch over for good. The same batch may come again. */
  accept(batch: Batch): Promise<void>;
  logger: Logger;
}

/**
 * Moves events from the outbox on, one relay at a time over all instances. Entries leave the outbox only when they were accepted elsewhere,
 * so a relay may die at any line; the next one then repeats what it was at.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #holder = randomUUID();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Fewer after an error: where states are large, a full read may take longer than a command may. */
  #readEntries = READ_ENTRIES;
  #failing = false;
  #closing: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: RelayOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Whether the last round failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Ends after the batch in hand and lets another relay go on at once. Never rejects, and takes at most two seconds. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await endsWithin(CLOSE_DEADLINE_MS, this.#running);
  }

  async #run(): Promise<void> {
    const { outbox, logger } = this.#options;
    while (!this.#stop.signal.aborted) await pause(await this.#round(), this.#stop.signal);
    await outbox
      .releaseLease(this.#holder)
      .catch((error: unknown) => logger.debug({ err: error }, 'the lease of the relay runs out by itself'));
  }

  /** Moves what is there, once. Returns how long to wait before the next time, ms. */
  async #round(): Promise<number> {
    const { outbox, logger } = this.#options;
    try {
      const mine = await outbox.acquireLease(this.#holder, LEASE_MS);
      const more = mine && (await this.#move());
      if (this.#failing) logger.info('the outbox is relayed again');
      this.#failing = false;
      this.#readEntries = Math.min(this.#readEntries * 2, READ_ENTRIES);
      if (!mine) return LEASE_RETRY_MS;
      return more ? 0 : POLL_MS;
    } catch (error) {
      if (!this.#failing) logger.warn({ err: error }, 'relaying the outbox failed; trying again');
      this.#failing = true;
      this.#readEntries = Math.ceil(this.#readEntries / 4);
      return ERROR_PAUSE_MS;
    }
  }

  /** Goes through all partitions once. True when some had more than was read. */
  async #move(): Promise<boolean> {
    const { outbox } = this.#options;
    let more = false;
    let batch = emptyBatch();
    let characters = 0;
    for (let partition = 0; partition < outbox.partitions && !this.#stop.signal.aborted; partition++) {
      const entries = await outbox.read(partition, this.#readEntries);
      more ||= entries.length === this.#readEntries;
      let segment: Segment | undefined;
      for (const { id, event, state } of entries) {
        if (segment === undefined) {
          segment = { partition, ids: [] };
          batch.segments.push(segment);
          batch.oldest = Math.min(batch.oldest, instantOf(event));
        }
        segment.ids.push(id);
        batch.events.push({ event, state });
        characters += event.length + state.length;
        if (batch.events.length < BATCH_EVENTS && characters < BATCH_CHARACTERS) continue;
        await this.#handOn(batch);
        batch = emptyBatch();
        characters = 0;
        segment = undefined;
      }
    }
    if (batch.events.length > 0) await this.#handOn(batch);
    return more;
  }

  async #handOn(batch: Batch): Promise<void> {
    const { outbox, accept } = this.#options;
    await accept(batch);
    await Promise.all(batch.segments.map(({ partition, ids }) => outbox.remove(partition, ids)));
  }
}

function emptyBatch(): Batch {
  return { segments: [], events: [], oldest: Infinity };
}

/** Waits; an aborted wait ends at once. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
