import { Prisma, type PrismaClient, type WebhookDelivery } from '../audit/generated/client.ts';
import { messageId } from '../util/message-id.ts';
import { invalid } from '../domain/refusal.ts';
import type { Answered, Delivery, DeliveryQuery, DeliveryStatus } from '../transport/webhook-port.ts';
import type { DeliveryKey } from './due.ts';

/** Deliveries made due by one replay. */
const REPLAYED_MAX = 10_000;

/** A page of the deliveries of an endpoint, the newest first. */
export async function deliveriesOf(
  database: PrismaClient,
  id: string,
  { status, limit, after }: DeliveryQuery,
): Promise<Answered<{ deliveries: Delivery[]; next_after: string | null }>> {
  const cursor = after === undefined ? undefined : readCursor(after);
  if (cursor === null) return invalid([{ field: 'after', message: 'Must be a next_after of this list', code: 'custom' }]);
  const rows = await database.$queryRaw<WebhookDelivery[]>`
    SELECT endpoint_id, session_id, epoch, version, event_type, event_at, recorded_at, status, attempts, next_attempt_at,
           last_attempt_at, last_status, last_error, last_took_ms
    FROM webhook_deliveries WHERE endpoint_id = ${id}
      ${status === undefined ? Prisma.empty : Prisma.sql`AND status = ${status}`}
      ${
        cursor === undefined
          ? Prisma.empty
          : Prisma.sql`AND (recorded_at, session_id, epoch, version)
                         < (${cursor.recorded_at}::timestamptz, ${cursor.session_id}, ${cursor.epoch}::bigint, ${cursor.version}::int)`
      }
    ORDER BY recorded_at DESC, session_id DESC, epoch DESC, version DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    ok: true,
    data: { deliveries: page.map(deliveryOf), next_after: rows.length > limit && last !== undefined ? cursorOf(last) : null },
  };
}

/** Makes a delivery due now, whatever came of it. Null if there is none. */
export async function makeDue(
  database: PrismaClient,
  id: string,
  { session_id, epoch, version }: DeliveryKey,
): Promise<WebhookDelivery | null> {
  const rows = await database.webhookDelivery.findMany({ where: { endpoint_id: id, session_id, epoch, version } });
  if (rows[0] === undefined) return null;
  await database.$executeRaw`
    UPDATE webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = now()
    WHERE endpoint_id = ${id} AND session_id = ${session_id} AND epoch = ${epoch} AND version = ${version}`;
  return database.webhookDelivery.findFirst({ where: { endpoint_id: id, session_id, epoch, version } });
}

/**
 * Makes the deliveries due again whose events happened from one instant to another, both included, in their order; at
 * most 10,000 of them. `until` is the instant of the last one.
 */
export async function replay(
  database: PrismaClient,
  id: string,
  { from, to }: { from: string; to: string },
): Promise<{ replayed: number; more: boolean; until: string }> {
  const [row] = await database.$queryRaw<{ replayed: number; until: Date | null; more: boolean }[]>`
    WITH chosen AS (
      SELECT session_id, epoch, version, event_at FROM webhook_deliveries
      WHERE endpoint_id = ${id} AND event_at BETWEEN ${from}::timestamptz AND ${to}::timestamptz
      ORDER BY event_at, session_id, epoch, version LIMIT ${REPLAYED_MAX}
    ), replayed AS (
      UPDATE webhook_deliveries AS delivery SET status = 'pending', attempts = 0, next_attempt_at = now()
      FROM chosen WHERE delivery.endpoint_id = ${id} AND delivery.session_id = chosen.session_id
        AND delivery.epoch = chosen.epoch AND delivery.version = chosen.version
      RETURNING delivery.event_at
    )
    SELECT count(*)::int AS replayed, max(event_at) AS until, count(*) = ${REPLAYED_MAX}::int AS more FROM replayed`;
  return { replayed: row?.replayed ?? 0, more: row?.more ?? false, until: row?.until?.toISOString() ?? to };
}

/** A delivery as users see it. */
export function deliveryOf(row: Omit<WebhookDelivery, 'message'>): Delivery {
  const isOfSession = !row.session_id.startsWith('#');
  return {
    delivery_id: textOf(row),
    message_id: messageId(row),
    type: row.event_type,
    session_id: isOfSession ? row.session_id : null,
    epoch: isOfSession ? Number(row.epoch) : null,
    version: isOfSession ? row.version : null,
    status: row.status as DeliveryStatus,
    attempts: row.attempts,
    next_attempt_at: row.status === 'pending' ? row.next_attempt_at.toISOString() : null,
    last_attempt_at: row.last_attempt_at?.toISOString() ?? null,
    last_status: row.last_status,
    last_error: row.last_error,
    last_took_ms: row.last_took_ms,
    event_at: row.event_at.toISOString(),
    recorded_at: row.recorded_at.toISOString(),
  };
}

/** The key that an id of a delivery names; null for a text that is none. */
export function keyOf(deliveryId: string): DeliveryKey | null {
  const [session_id, epoch, version] = partsOf(deliveryId, 3);
  if (session_id === undefined || !isEpoch(epoch) || !isVersion(version)) return null;
  return { session_id, epoch: BigInt(epoch), version: Number(version) };
}

const textOf = ({ session_id, epoch, version }: DeliveryKey): string => encode([session_id, String(epoch), String(version)]);

const cursorOf = (row: WebhookDelivery): string =>
  encode([row.session_id, String(row.epoch), String(row.version), row.recorded_at.toISOString()]);

function readCursor(text: string): { session_id: string; epoch: string; version: string; recorded_at: string } | null {
  const [session_id, epoch, version, recorded_at] = partsOf(text, 4);
  if (session_id === undefined || !isEpoch(epoch) || !isVersion(version)) return null;
  return recorded_at === undefined || Number.isNaN(Date.parse(recorded_at)) ? null : { session_id, epoch, version, recorded_at };
}

const encode = (parts: string[]): string => Buffer.from(parts.join('\n')).toString('base64url');

function partsOf(text: string, count: number): string[] {
  const parts = Buffer.from(text, 'base64url').toString('utf8').split('\n');
  // PostgreSQL refuses NUL in texts.
  return parts.length === count && !parts.some((part) => part.includes('\0')) ? parts : [];
}

/** Whether a text fits the columns. */
const isEpoch = (text: string | undefined): text is string => /^\d{1,15}$/.test(text ?? '');
const isVersion = (text: string | undefined): text is string => /^\d{1,9}$/.test(text ?? '');
