import { Prisma, type PrismaClient } from '../audit/generated/client.ts';

/** After so many days of nothing but failures an endpoint is disabled. */
const FAILING_DAYS = 5;

/** Why an endpoint was disabled: it answered 410, failed for days, or its owner wanted it. */
export type DisabledReason = 'gone' | 'failing' | 'requested';

/**
 * Notes a failed attempt; `settle` notes successes. Returns the reason to disable the endpoint, if there has been
 * nothing else for days.
 * @param failure what came of the attempt
 */
export async function noteFailure(database: PrismaClient, id: string, failure: string): Promise<DisabledReason | null> {
  const rows = await database.$queryRaw<{ failing_long: boolean }[]>`
    UPDATE webhook_endpoints
    SET failing_since = coalesce(failing_since, now()), last_failure_at = now(), last_failure = ${failure} WHERE id = ${id}
    RETURNING failing_since < now() - ${FAILING_DAYS} * interval '1 day' AS failing_long`;
  return rows[0]?.failing_long === true ? 'failing' : null;
}

/**
 * Disables an endpoint and tells the other endpoints of its owner by a message `endpoint_disabled`, in one statement.
 * False if it was disabled already.
 */
export async function disableEndpoint(database: PrismaClient, id: string, reason: DisabledReason): Promise<boolean> {
  const data = Prisma.sql`json_build_object('endpoint_id', disabled.id, 'url', disabled.url, 'description', disabled.description, 'reason', disabled.disabled_reason)`;
  const told = await database.$queryRaw<unknown[]>`
    WITH disabled AS (
      UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = ${reason}, updated_at = now()
      WHERE id = ${id} AND disabled_at IS NULL RETURNING *
    ), told AS (
      INSERT INTO webhook_deliveries (endpoint_id, session_id, epoch, version, event_type, event_at, message)
      SELECT other.id, '#' || disabled.id, (extract(epoch FROM now()) * 1000)::bigint, 1, 'endpoint_disabled', now(), ${data}
      FROM disabled JOIN webhook_endpoints AS other ON other.owner = disabled.owner AND other.id <> disabled.id
      WHERE other.disabled_at IS NULL AND other.deleted_at IS NULL
      ON CONFLICT DO NOTHING
    )
    SELECT id FROM disabled`;
  return told.length > 0;
}
