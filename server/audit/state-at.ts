import type { SessionState } from '#contract';
import type { Schema } from '../domain/schema.ts';
import { Slice } from '../util/turns.ts';
import { type EventRow, eventRows, type RowPosition } from './event-rows.ts';
import { Fold } from './fold.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';

/**
 * The state of a session after an event, from its snapshot or the last one before it, at most a hundred versions back.
 * If rows in between have not arrived, the newest state before the gap, with its row. Null if there is no snapshot.
 * Throws NewerSchemaError.
 */
export async function stateAt(
  database: PrismaClient,
  sessionId: string,
  position: RowPosition,
  schema: Schema,
): Promise<{ state: SessionState; row: EventRow } | null> {
  const found = await foldAt(database, sessionId, position, schema);
  return found === null ? null : { state: found.fold.state(), row: found.row };
}

/** As `stateAt`, to go on from there. */
export async function foldAt(
  database: PrismaClient,
  sessionId: string,
  { epoch, version }: RowPosition,
  schema: Schema,
): Promise<{ fold: Fold; row: EventRow } | null> {
  // An epoch begins with a snapshot. If that one has not arrived, the newest state is in an earlier epoch.
  const [base] = await eventRows(
    database,
    sessionId,
    Prisma.sql`(epoch, version) <= (${epoch}, ${version}::int) AND state_snapshot IS NOT NULL ORDER BY epoch DESC, version DESC LIMIT 1`,
  );
  const fold = base === undefined ? null : Fold.from(base, schema);
  if (base === undefined || fold === null) return null;
  if (base.epoch === epoch && base.version === version) return { fold, row: base };
  const last = base.epoch === epoch ? Prisma.sql`AND version <= ${version}` : Prisma.empty;
  const rows = await eventRows(
    database,
    sessionId,
    Prisma.sql`epoch = ${base.epoch} AND version > ${base.version} ${last} ORDER BY version`,
  );
  return { fold, row: (await takeAll(fold, rows)) ?? base };
}

/** Takes rows, by version, up to the first gap. Returns the last one taken. */
export async function takeAll(fold: Fold, rows: readonly EventRow[]): Promise<EventRow | undefined> {
  const slice = new Slice();
  let last: EventRow | undefined;
  for (const row of rows) {
    if (!fold.precedes(row)) break;
    fold.take(row);
    last = row;
    if (slice.isOver) await slice.next();
  }
  return last;
}
