/**
 * The interface by which endpoints of webhooks are managed. The webhooks part implements it; the app connects the two.
 */
import type { EventType } from '#contract';
import type { Refusal } from '../domain/refusal.ts';

/** How an endpoint may be set. */
export interface EndpointFields {
  url: string;
  event_types: WebhookType[];
  session_prefix: string;
  ordered: boolean;
  include: 'state' | null;
  description: string;
}

/** Types that an endpoint may choose from. */
export type WebhookType = EventType | 'endpoint_disabled';

/** An endpoint as its owner sees it. */
export interface Endpoint extends EndpointFields {
  webhook_id: string;
  status: 'enabled' | 'disabled';
  disabled_reason: string | null;
  disabled_at: string | null;
  /** Since when nothing but failures came back. */
  failing_since: string | null;
  last_failure_at: string | null;
  /** What came of the last attempt that failed. */
  last_failure: string | null;
  /** Deliveries that have an attempt before them; counted up to 1000. */
  pending: number;
  /** Until when the secret before is used too. */
  rotated_until: string | null;
  created_at: string;
  updated_at: string;
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** A message to an endpoint, and what came of it. */
export interface Delivery {
  delivery_id: string;
  /** The `webhook-id` of all its attempts. */
  message_id: string;
  type: string;
  /** Null for messages that tell of no session, as are the next two. */
  session_id: string | null;
  epoch: number | null;
  version: number | null;
  status: DeliveryStatus;
  attempts: number;
  /** Null unless pending. */
  next_attempt_at: string | null;
  last_attempt_at: string | null;
  /** The HTTP status of the last answer; null if there was none. */
  last_status: number | null;
  last_error: string | null;
  last_took_ms: number | null;
  event_at: string;
  recorded_at: string;
}

/** Who manages endpoints. */
export interface Manager {
  /** Who created an endpoint. */
  owner: string;
  /** Unix ms at which their token expires; infinite for operators. */
  expires: number;
  /** Whether endpoints of this prefix are theirs to manage. */
  covers(sessionPrefix: string): boolean;
}

export type Answered<Data> = { ok: true; data: Data } | Refusal;

/**
 * Endpoints of webhooks and what is delivered to them. An endpoint that its manager does not cover counts as unknown.
 * Refusals: NOT_FOUND, FORBIDDEN, VALIDATION_ERROR, INVALID_STATE_TRANSITION. Rejects with StoreUnavailableError while
 * the database of the trail is out of reach.
 */
export interface Webhooks {
  create(manager: Manager, fields: EndpointFields): Promise<Answered<Endpoint & { secret: string }>>;
  list(manager: Manager): Promise<Answered<{ webhooks: Endpoint[] }>>;
  get(manager: Manager, id: string): Promise<Answered<Endpoint>>;
  change(manager: Manager, id: string, fields: Partial<EndpointFields> & { disabled?: boolean }): Promise<Answered<Endpoint>>;
  remove(manager: Manager, id: string): Promise<Answered<Record<string, never>>>;
  /** Sends a message `webhook_test`. */
  test(manager: Manager, id: string): Promise<Answered<Delivery>>;
  /** Makes a new secret; the one before it is used too for a day. */
  rotate(manager: Manager, id: string): Promise<Answered<Endpoint & { secret: string }>>;
  deliveries(manager: Manager, id: string, query: DeliveryQuery): Promise<Answered<{ deliveries: Delivery[]; next_after: string | null }>>;
  /** Makes a delivery due again. */
  retry(manager: Manager, id: string, deliveryId: string): Promise<Answered<Delivery>>;
  /** Makes the deliveries of a time due again; `until` is where to go on if `more` are left. */
  replay(
    manager: Manager,
    id: string,
    span: { from: string; to: string },
  ): Promise<Answered<{ replayed: number; more: boolean; until: string }>>;
}

export interface DeliveryQuery {
  status: DeliveryStatus | undefined;
  limit: number;
  after: string | undefined;
}
