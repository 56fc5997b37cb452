/** What the engine needs from below and what hangs on it. Store and audit implement these; only app.ts brings them together. */
import type { HistoryData } from '#contract';

/** One committed event on its way to the trail. */
export interface OutboxEntry {
  /** Position in its partition; later entries compare greater. */
  id: string;
  /** JSON of a history event without its `state_snapshot`. */
  event: string;
  /** JSON of the state after the event. */
  state: string;
}

/** Committed events that have not been handed on, in partitions. A session's events share a partition, in order. */
export interface Outbox {
  readonly partitions: number;
  /** Takes or renews the right to relay for `ttlMs`. False while somebody else has it. The right only saves double work: relaying twice is harmless. */
  acquireLease(holder: string, ttlMs: number): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  /** The oldest entries of a partition, in order; they stay until removed. */
  read(partition: number, count: number): Promise<OutboxEntry[]>;
  remove(partition: number, ids: string[]): Promise<void>;
}

/** The audit trail, as far as users ask for it. */
export interface Trail {
  /** Events after a version, without gaps; `unknown` when no event of the session has arrived, `deleted` when the session was. */
  history(sessionId: string, afterVersion: number, limit: number): Promise<HistoryData | 'unknown' | 'deleted'>;
}
