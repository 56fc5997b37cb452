/**
 * The interface by which the relay reads committed events. The store implements it; app.ts and worker.ts connect the
 * two.
 */

/** One committed event on its way to the trail. */
export interface OutboxEntry {
  /** Its place in the partition's stream; later entries compare greater. */
  id: string;
  /** JSON of a history event without its `state_snapshot`. */
  event: string;
  /** The stored state after the event, or what stands in its place: changes or a brief (schema.ts). */
  state: string;
}

/**
 * Committed events that are not in the queue yet, in partitions. All events of a session are in one partition, in
 * order.
 */
export interface Outbox {
  readonly partitions: number;
  /**
   * Takes or renews the lease of the relay for `ttlMs`. False while another process has it. It only saves double work,
   * since relaying twice is harmless.
   */
  acquireLease(holder: string, ttlMs: number): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  /**
   * The oldest entries of a partition, in order, at most `count` and about a megabyte; `more` if others are left. They
   * stay until removed.
   */
  read(partition: number, count: number): Promise<{ entries: OutboxEntry[]; more: boolean }>;
  /** JSON of the oldest event of a partition; null when it is empty. */
  oldest(partition: number): Promise<string | null>;
  remove(partition: number, ids: string[]): Promise<void>;
}
