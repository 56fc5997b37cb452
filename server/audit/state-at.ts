import type { SessionState } from '#contract';
import { stateAfter } from '../domain/replay.ts';
import { readSnapshot, type Schema } from '../domain/schema.ts';
import { Slice } from '../util/turns.ts';
import { Prisma, type PrismaClient, type SyncEvent } from './generated/client.ts';
import { toRecordedEvent } from './history-event.ts';
import type { RowPosition } from './history.ts';

/**
 * The state of a session after an event: its snapshot, or what the rules make of the last snapshot before it, at most a
 * hundred versions back. If rows in between have not arrived, the newest state before the gap, with its row. Null if
 * there is no snapshot. Throws NewerSchemaError.
 */
export async function stateAt(
  database: PrismaClient,
  session_id: string,
  { epoch, version }: RowPosition,
  schema: Schema,
): Promise<{ state: SessionState; row: SyncEvent } | null> {
  // An epoch begins with a snapshot. If that one has not arrived, the newest state is in an earlier epoch.
  const before = [{ epoch, version: { lte: version } }, { epoch: { lt: epoch } }];
  const base = await database.syncEvent.findFirst({
    where: { session_id, epoch: { lte: epoch }, OR: before, state_snapshot: { not: Prisma.DbNull } },
    orderBy: [{ epoch: 'desc' }, { version: 'desc' }],
  });
  if (base === null) return null;
  let found = { state: readSnapshot(base.state_snapshot, schema) as SessionState, row: base };
  if (base.epoch === epoch && base.version === version) return found;
  const rows = await database.syncEvent.findMany({
    where: { session_id, epoch: base.epoch, version: { gt: base.version, ...(base.epoch === epoch ? { lte: version } : {}) } },
    orderBy: { version: 'asc' },
  });
  const slice = new Slice();
  for (const row of rows) {
    if (row.version !== found.row.version + 1) break;
    found = { state: stateAfter(found.state, toRecordedEvent(row, schema)), row };
    if (slice.isOver) await slice.next();
  }
  return found;
}
