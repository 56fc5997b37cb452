/**
 * The port through which the relay reads committed events. The store implements it; app.ts and worker.ts connect the
 * two.
 */

/** One committed event on its way to the trail. */
export interface OutboxEntry {
  /** Position in its partition; later entries compare greater. */
  id: string;
  /** JSON of a history event without its `state_snapshot`. */
  event: string;
  /** The state after the event as it is stored, or a brief where the event carries no snapshot (schema.ts). */
  state: string;
}

/** Committed events that have not been handed on, in partitions. A session's events share a partition, in order. */
export interface Outbox {
  readonly partitions: number;
  /**
   * Takes or renews the right to relay for `ttlMs`. False while somebody else has it. The right only saves double work:
   * relaying twice is harmless.
   */
  acquireLease(holder: string, ttlMs: number): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  /**
   * The oldest entries of a partition, in order, at most `count` and about a megabyte, and whether there are `more`.
   * They stay until removed.
   */
  read(partition: number, count: number): Promise<{ entries: OutboxEntry[]; more: boolean }>;
  /** JSON of the oldest event of a partition; null when it is empty. */
  oldest(partition: number): Promise<string | null>;
  remove(partition: number, ids: string[]): Promise<void>;
}
