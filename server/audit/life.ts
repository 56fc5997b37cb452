import type { PrismaClient, SyncSession } from './generated/client.ts';
import type { Position } from './history.ts';

/** A row of `sync_events` without what it holds. */
export interface RowKey extends Position {
  event_type: string;
}

/** All there is of a session's present incarnation, the deleted one too where the id was not used again. */
export interface Incarnation {
  /** Its row in `sync_sessions`; null where there is none. */
  session: SyncSession | null;
  /** The first epoch of this incarnation. */
  begin: bigint;
  /** Oldest version first, and of each version the oldest epoch first. */
  keys: RowKey[];
}

/** Finds a session's rows without reading what they hold; null when the trail knows nothing of the session. */
export async function presentIncarnation(database: PrismaClient, sessionId: string): Promise<Incarnation | null> {
  const session = await database.syncSession.findUnique({ where: { session_id: sessionId } });
  const all = await database.syncEvent.findMany({
    select: { epoch: true, version: true, event_type: true },
    where: { session_id: sessionId },
    orderBy: [{ version: 'asc' }, { epoch: 'asc' }],
  });
  if (session === null && all.length === 0) return null;
  const begin = beginningOf(all, session?.epoch ?? greatest(all.map(({ epoch }) => epoch)));
  return { session, begin, keys: all.filter(({ epoch }) => epoch >= begin) };
}

/**
 * As `history` finds it; where the row that creates the session is missing, its incarnation begins after the deletion
 * of the one before.
 */
function beginningOf(keys: readonly RowKey[], newest: bigint): bigint {
  const created = keys.filter(({ version, event_type, epoch }) => version === 1 && event_type === 'session_created' && epoch <= newest);
  const begin = greatest(created.map(({ epoch }) => epoch));
  const ended = keys.filter(({ event_type, epoch }) => event_type === 'session_deleted' && epoch >= begin && epoch < newest);
  return ended.length === 0 ? begin : greatest(ended.map(({ epoch }) => epoch)) + 1n;
}

function greatest(epochs: bigint[]): bigint {
  return epochs.reduce((a, b) => (b > a ? b : a), 0n);
}
