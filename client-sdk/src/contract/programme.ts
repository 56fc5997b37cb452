/**
 * Programmes: what is done in the cycles of a `per_cycle` session, one item after the other, and for how long. An
 * agenda, a rundown, interval training, a quiz with questions of different length.
 */
import type { JsonObject } from './state.ts';

export const ITEM_STATUSES = ['waiting', 'running', 'done', 'skipped'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** An item as it is given. */
export interface ItemInput {
  /** Unique in the programme; `item-1`, `item-2`, … by its place where it is missing. */
  item_id?: string | undefined;
  title?: string | undefined;
  /** Required where the session has no `time_per_cycle_ms`. */
  time_ms?: number | undefined;
  /** Whose turn it is while the item runs; nobody's where it is missing. */
  participant_id?: string | undefined;
  /** Whether the next item begins when the time of this one runs out; by default as the session has it. */
  auto_advance?: boolean | undefined;
  metadata?: JsonObject | undefined;
}

/** An item as a state shows it. Its time is that of the session's cycles where it was given none. */
export interface ItemState {
  item_id: string;
  title?: string;
  time_ms: number;
  participant_id?: string;
  auto_advance?: boolean;
  metadata?: JsonObject;
  status: ItemStatus;
  /** When it began last in this round; null before. */
  started_at: string | null;
  /** When it was left after that; null until then. */
  ended_at: string | null;
  /** How long it has run, as settled, in all rounds. */
  used_ms: number;
}
