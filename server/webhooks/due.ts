import { Prisma, type PrismaClient, type WebhookEndpoint } from '../audit/generated/client.ts';

/** What identifies a delivery of an endpoint. */
export interface DeliveryKey {
  session_id: string;
  epoch: bigint;
  version: number;
}

/** A delivery that is due. */
export interface DueDelivery extends DeliveryKey {
  event_type: string;
  event_at: Date;
  attempts: number;
  message: string | null;
  /** Since when it is recorded, ms. */
  age_ms: number;
}

/** Deliveries taken by one statement. */
const BATCH = 64;
/**
 * Of the versions before an event so many must be in the trail before an ordered endpoint gets it. More can't be on
 * their way at once: a job of the queue has at most 250 events.
 */
const VERSIONS_BEFORE = 300;
/** After this time what is missing is taken for lost, s. */
const PATIENCE_SECONDS = 60;
/** How long a delivery is put off that waits for another one, or for rows of the trail, s. */
const PUT_OFF_SECONDS = 1;

/**
 * The next deliveries of an endpoint that are due, without those that are `busy`. Where the endpoint wants order, those
 * that have to wait are put off first: for the former delivery of their session, or for versions that have not arrived
 * in the trail.
 */
export async function takeDue(
  database: PrismaClient,
  { id, ordered }: Pick<WebhookEndpoint, 'id' | 'ordered'>,
  busy: readonly DeliveryKey[],
): Promise<DueDelivery[]> {
  if (ordered) await putOff(database, id);
  return database.$queryRaw<DueDelivery[]>`
    SELECT session_id, epoch, version, event_type, event_at, attempts, message::text AS message,
           (extract(epoch FROM now() - recorded_at) * 1000)::float8 AS age_ms
    FROM webhook_deliveries
    WHERE endpoint_id = ${id} AND status = 'pending' AND next_attempt_at <= now()
      AND (session_id, epoch, version) NOT IN (SELECT session_id, epoch_text::bigint, version_text::int FROM ${keys(busy)})
    ORDER BY next_attempt_at, session_id, epoch, version LIMIT ${BATCH}`;
}

/**
 * Of each session only the first pending delivery stays due. The others come due with the next attempt of that one; its
 * success wakes them (`settle`).
 */
async function putOff(database: PrismaClient, endpointId: string): Promise<void> {
  await database.$executeRaw`
    UPDATE webhook_deliveries AS put_off
    SET next_attempt_at = greatest(coalesce(first.next_attempt_at, now()), now() + ${PUT_OFF_SECONDS} * interval '1 s')
    FROM webhook_deliveries AS due
    LEFT JOIN LATERAL (
      SELECT next_attempt_at FROM webhook_deliveries AS earlier
      WHERE earlier.session_id = due.session_id AND earlier.endpoint_id = due.endpoint_id AND earlier.status = 'pending'
        AND (earlier.epoch, earlier.version) < (due.epoch, due.version)
      ORDER BY earlier.epoch, earlier.version LIMIT 1
    ) AS first ON true
    LEFT JOIN LATERAL (
      SELECT count(DISTINCT version) AS versions FROM sync_events AS event
      WHERE event.session_id = due.session_id AND event.epoch <= due.epoch
        AND event.version BETWEEN due.version - ${VERSIONS_BEFORE}::int AND due.version - 1
    ) AS arrived ON due.message IS NULL
    WHERE due.endpoint_id = ${endpointId} AND due.status = 'pending' AND due.next_attempt_at <= now()
      AND (first.next_attempt_at IS NOT NULL
           OR (arrived.versions < least(due.version - 1, ${VERSIONS_BEFORE}::int) AND due.recorded_at > now() - ${PATIENCE_SECONDS} * interval '1 s'))
      AND put_off.endpoint_id = due.endpoint_id AND put_off.session_id = due.session_id
      AND put_off.epoch = due.epoch AND put_off.version = due.version`;
}

/** What came of a delivery. */
export interface Settled extends DeliveryKey {
  status: 'pending' | 'delivered' | 'failed';
  /** 1 after an attempt, 0 where there was none. */
  attempted: 0 | 1;
  /** Until the next attempt, ms. */
  pauseMs: number;
  lastStatus: number | null;
  lastError: string | null;
  tookMs: number | null;
}

/**
 * Records what came of deliveries; a success ends the time of nothing but failures. Where the endpoint wants order,
 * what is over wakes the next delivery of its session, which has waited for it.
 */
export async function settle(
  database: PrismaClient,
  { id: endpointId, ordered }: Pick<WebhookEndpoint, 'id' | 'ordered'>,
  results: readonly Settled[],
): Promise<void> {
  const column = (of: (result: Settled) => Part | null) => results.map((result) => textOf(of(result)));
  await database.$executeRaw`
    WITH settled AS (
      UPDATE webhook_deliveries AS delivery SET
        status = result.status,
        attempts = attempts + attempted::int,
        next_attempt_at = now() + pause_ms::float8 * interval '1 ms',
        last_attempt_at = CASE WHEN attempted = '1' THEN now() ELSE last_attempt_at END,
        last_status = CASE WHEN attempted = '1' THEN status_code::int ELSE last_status END,
        last_error = CASE WHEN attempted = '1' OR error IS NOT NULL THEN error ELSE last_error END,
        last_took_ms = CASE WHEN attempted = '1' THEN took_ms::int ELSE last_took_ms END
      FROM unnest(${column((one) => one.session_id)}::text[], ${column((one) => one.epoch)}::text[], ${column((one) => one.version)}::text[],
                  ${column((one) => one.status)}::text[], ${column((one) => one.attempted)}::text[], ${column((one) => one.pauseMs)}::text[],
                  ${column((one) => one.lastStatus)}::text[], ${column((one) => one.lastError)}::text[], ${column((one) => one.tookMs)}::text[])
        AS result (session_id, epoch, version, status, attempted, pause_ms, status_code, error, took_ms)
      WHERE delivery.endpoint_id = ${endpointId} AND delivery.session_id = result.session_id
        AND delivery.epoch = result.epoch::bigint AND delivery.version = result.version::int AND delivery.status = 'pending'
      RETURNING delivery.session_id, delivery.epoch, delivery.version, delivery.status
    ), recovered AS (
      UPDATE webhook_endpoints SET failing_since = NULL
      WHERE id = ${endpointId} AND failing_since IS NOT NULL AND EXISTS (SELECT FROM settled WHERE settled.status = 'delivered')
    )
    UPDATE webhook_deliveries AS next SET next_attempt_at = now()
    FROM settled CROSS JOIN LATERAL (
      SELECT session_id, epoch, version FROM webhook_deliveries AS waiting
      WHERE waiting.session_id = settled.session_id AND waiting.endpoint_id = ${endpointId} AND waiting.status = 'pending'
        AND (waiting.epoch, waiting.version) > (settled.epoch, settled.version)
      ORDER BY waiting.epoch, waiting.version LIMIT 1
    ) AS woken
    WHERE ${ordered} AND settled.status <> 'pending' AND next.endpoint_id = ${endpointId} AND next.session_id = woken.session_id
      AND next.epoch = woken.epoch AND next.version = woken.version AND next.attempts = 0 AND next.next_attempt_at > now()`;
}

type Part = string | number | bigint;

const textOf = (value: Part | null): string | null => (value === null ? null : String(value));

/** Keys of deliveries as rows of texts. */
function keys(of: readonly DeliveryKey[]): Prisma.Sql {
  const texts = (part: (key: DeliveryKey) => Part) => of.map((key) => String(part(key)));
  return Prisma.sql`unnest(${texts((key) => key.session_id)}::text[], ${texts((key) => key.epoch)}::text[], ${texts((key) => key.version)}::text[])
    AS key (session_id, epoch_text, version_text)`;
}
