import type { PrismaClient } from './generated/client.ts';
import { eventColumns, type ReadEvent, sessionColumns } from './rows.ts';

/**
 * Writes events, the deliveries that webhooks owe for them, and the rows of their sessions in one statement, all or
 * nothing; rows that are there already stay as they are, and owe nothing again. Resolves with the webhook endpoints
 * that got deliveries. Rejects with Prisma's error, which `verdictOf` classifies. Throws SyntaxError if a state is not
 * JSON.
 *
 * Raw SQL, because Prisma's createMany fails on a lone surrogate, which is valid in JSON and so in a client's metadata,
 * and takes over ten times the CPU. One statement, so that no crash leaves a session's row behind its events. Rows are
 * sorted, so that two workers with the same rows wait for each other in the same order and never deadlock.
 */
export async function insertEvents(database: PrismaClient, events: ReadEvent[]): Promise<string[]> {
  const e = eventColumns(events);
  const s = sessionColumns(events);
  const owed = await database.$queryRaw<{ endpoint_id: string }[]>`
    WITH events AS (
      INSERT INTO sync_events (session_id, epoch, version, event_type, "timestamp", participant_id, group_id,
                               time_elapsed_ms, time_remaining_ms, state_snapshot, changes, metadata, previous_hash, rules)
      SELECT session_id, epoch::bigint, version::int, event_type, "timestamp"::timestamptz, participant_id, group_id,
             time_elapsed_ms::bigint, time_remaining_ms::bigint, state_snapshot::json, changes::json, metadata::json, previous_hash, rules::int
      FROM unnest(${e.session_id}::text[], ${e.epoch}::text[], ${e.version}::text[], ${e.event_type}::text[], ${e.timestamp}::text[],
                  ${e.participant_id}::text[], ${e.group_id}::text[], ${e.time_elapsed_ms}::text[], ${e.time_remaining_ms}::text[],
                  ${e.state_snapshot}::text[], ${e.changes}::text[], ${e.metadata}::text[], ${e.previous_hash}::text[], ${e.rules}::text[])
        AS given (session_id, epoch, version, event_type, "timestamp", participant_id, group_id,
                  time_elapsed_ms, time_remaining_ms, state_snapshot, changes, metadata, previous_hash, rules)
      ORDER BY session_id, epoch::bigint, version::int
      ON CONFLICT (session_id, epoch, version) DO NOTHING
      RETURNING session_id, epoch, version, event_type, "timestamp"
    ), deliveries AS (
      INSERT INTO webhook_deliveries (endpoint_id, session_id, epoch, version, event_type, event_at)
      SELECT endpoint.id, session_id, epoch, version, event_type, "timestamp"
      FROM events JOIN webhook_endpoints AS endpoint
        ON starts_with(session_id, endpoint.session_prefix) AND (endpoint.event_types = '{}' OR event_type = ANY (endpoint.event_types))
      WHERE endpoint.disabled_at IS NULL AND endpoint.deleted_at IS NULL
      ON CONFLICT (endpoint_id, session_id, epoch, version) DO NOTHING
      RETURNING endpoint_id
    ), sessions AS (
      INSERT INTO sync_sessions AS stored (session_id, epoch, version, sync_mode, status, cycle_count, created_at, updated_at,
                                           session_started_at, session_completed_at, deleted_at)
      SELECT session_id, epoch::bigint, version::int, sync_mode, status, cycle_count::int, created_at::timestamptz, updated_at::timestamptz,
             session_started_at::timestamptz, session_completed_at::timestamptz, deleted_at::timestamptz
      FROM unnest(${s.session_id}::text[], ${s.epoch}::text[], ${s.version}::text[], ${s.sync_mode}::text[], ${s.status}::text[],
                  ${s.cycle_count}::text[], ${s.created_at}::text[], ${s.updated_at}::text[], ${s.session_started_at}::text[],
                  ${s.session_completed_at}::text[], ${s.deleted_at}::text[])
        AS given (session_id, epoch, version, sync_mode, status, cycle_count, created_at, updated_at,
                  session_started_at, session_completed_at, deleted_at)
      ORDER BY session_id
      ON CONFLICT (session_id) DO UPDATE SET
        epoch = excluded.epoch, version = excluded.version, sync_mode = excluded.sync_mode, status = excluded.status,
        cycle_count = excluded.cycle_count, created_at = excluded.created_at, updated_at = excluded.updated_at,
        session_started_at = excluded.session_started_at, session_completed_at = excluded.session_completed_at, deleted_at = excluded.deleted_at
      WHERE (excluded.epoch, excluded.version) > (stored.epoch, stored.version)
    )
    SELECT DISTINCT endpoint_id FROM deliveries`;
  return owed.map(({ endpoint_id }) => endpoint_id);
}
