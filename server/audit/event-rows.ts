import { Prisma, type PrismaClient } from './generated/client.ts';

/** Columns that a history event contains unchanged. */
export interface Columns {
  session_id: string;
  epoch: bigint;
  version: number;
  event_type: string;
  timestamp: Date;
  participant_id: string | null;
  group_id: string | null;
  time_elapsed_ms: bigint | null;
  time_remaining_ms: bigint | null;
}

/** A row of `sync_events` whose JSON columns are texts, as stored. */
export interface EventRow extends Columns {
  /** `state_snapshot`. */
  snapshot: string | null;
  changes: string | null;
  metadata: string;
  previous_hash: string | null;
  rules: number | null;
}

/** Where a row of `sync_events` stands in its session. */
export type RowPosition = Pick<EventRow, 'epoch' | 'version'>;

const PLAIN = Prisma.sql`session_id, epoch, version, event_type, "timestamp", participant_id, group_id, time_elapsed_ms, time_remaining_ms,
  metadata::text AS metadata, previous_hash, rules`;
const STATES = Prisma.sql`state_snapshot::text AS snapshot, changes::text AS changes`;
const NO_STATES = Prisma.sql`NULL AS snapshot, NULL AS changes`;

/**
 * Reads rows of a session; `which` goes on behind AND. Raw SQL, so that no JSON is parsed that is only passed on or
 * never looked at.
 * @param states whether snapshots and changes are read, which are most of a row
 */
export async function eventRows(database: PrismaClient, sessionId: string, which: Prisma.Sql, states = true): Promise<EventRow[]> {
  return database.$queryRaw<EventRow[]>`
    SELECT ${PLAIN}, ${states ? STATES : NO_STATES} FROM sync_events WHERE session_id = ${sessionId} AND ${which}`;
}

/** Reads the rows at these positions, by version. Both numbers of the positions ascend. `states` as above. */
export async function rowsAt(
  database: PrismaClient,
  sessionId: string,
  positions: readonly RowPosition[],
  states = true,
): Promise<EventRow[]> {
  const epochs = positions.map(({ epoch }) => String(epoch));
  const versions = positions.map(({ version }) => String(version));
  const [first, last] = [positions[0], positions.at(-1)];
  if (first === undefined || last === undefined) return [];
  // The bounds limit the database to that part of the index.
  const which = Prisma.sql`epoch BETWEEN ${first.epoch} AND ${last.epoch} AND version BETWEEN ${first.version} AND ${last.version}
    AND (epoch, version) IN (SELECT epoch_text::bigint, version_text::int FROM unnest(${epochs}::text[], ${versions}::text[]) AS asked (epoch_text, version_text))
    ORDER BY version`;
  return eventRows(database, sessionId, which, states);
}
