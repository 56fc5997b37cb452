/** The interface by which the feed of all events is read. The audit part implements it; the app connects the two. */
import type { EventType, HistoryEvent, JsonValue, Status } from '#contract';
import type { Refusal } from '../domain/refusal.ts';

/** An event of the feed: what a history event has without its state, and what a webhook tells beside it. */
export interface FeedEvent extends Omit<HistoryEvent, 'state_snapshot' | 'metadata'> {
  /** Where a reader goes on behind this event. */
  cursor: string;
  /** The `webhook-id` of the messages that tell of this event. */
  message_id: string;
  /** Of the session after the event; null where the trail has lost events before. */
  status: Status | null;
  action_applied?: JsonValue;
  reason?: JsonValue;
  command_id?: JsonValue;
  actor?: JsonValue;
}

export interface FeedQuery {
  /** A cursor; undefined begins with the first event of the trail, `end` behind the last one. */
  after: string | undefined;
  /** Empty for all. */
  types: readonly EventType[];
  /** Sessions whose ids begin with it. */
  prefix: string;
  limit: number;
}

/** A page; `next_after` is where to go on, also where the page is empty. */
export interface FeedPage {
  events: FeedEvent[];
  next_after: string;
  /** Whether there is more already. */
  more: boolean;
}

export interface Feed {
  /**
   * Reads a page, in the order in which events arrived in the trail. It ends before what a transaction may still bring
   * that has not committed, so nothing comes in behind a cursor. Refuses a cursor of another database. Rejects with
   * StoreUnavailableError while the database is out of reach.
   */
  feed(query: FeedQuery): Promise<({ ok: true } & FeedPage) | Refusal>;
}
