import type { TrailIncarnation } from '../transport/history-port.ts';
import type { PrismaClient } from './generated/client.ts';

/**
 * The newest incarnations of an id that are told, since the state at each creation has to be read; older ones are found
 * by their creation only.
 */
const INCARNATIONS_MAX = 20;

/**
 * PostgreSQL reads nothing from a document in which a NUL or half a surrogate pair is escaped anywhere, which clients may well send. This finds the escapes
 * of JSON one after the other, and keeps (\1) all but those.
 */
const ESCAPES = String.raw`(\\[^u]|\\u(?!0000|[dD][89a-fA-F]))|\\u.{4}`;

interface Row {
  epoch: bigint;
  /** First epoch of the incarnation after it. */
  next: bigint | null;
  timestamp: Date;
  /** As JSON. */
  owner: string | null;
  last_type: string;
  last_epoch: bigint;
}

/**
 * The incarnations that an id has had as far as the trail knows them, oldest first. An incarnation begins with the
 * epoch of the row that creates the session, and ends before the next one's.
 * @param createdAt only incarnations that were created at this instant
 * @param most so many of the newest
 */
export async function incarnations(
  database: PrismaClient,
  sessionId: string,
  createdAt: string | null = null,
  most = INCARNATIONS_MAX,
): Promise<TrailIncarnation[]> {
  const [session, rows] = await Promise.all([
    database.syncSession.findUnique({ select: { epoch: true, created_at: true, deleted_at: true }, where: { session_id: sessionId } }),
    database.$queryRaw<Row[]>`
      SELECT created.epoch, created.next, created."timestamp", newest.event_type AS last_type, newest.epoch AS last_epoch,
             (CASE WHEN position(${String.raw`\u`} in created.state_snapshot::text) = 0 THEN created.state_snapshot
                   ELSE regexp_replace(created.state_snapshot::text, ${ESCAPES}, ${String.raw`\1`}, 'g')::json
              END -> 'owner_id')::text AS owner
      FROM (
        SELECT epoch, "timestamp", state_snapshot, lead(epoch) OVER (ORDER BY epoch) AS next FROM sync_events
        WHERE session_id = ${sessionId} AND version = 1 AND event_type = 'session_created'
      ) AS created
      CROSS JOIN LATERAL (
        SELECT event_type, epoch FROM sync_events
        WHERE session_id = ${sessionId} AND epoch >= created.epoch AND (created.next IS NULL OR epoch < created.next)
        ORDER BY epoch DESC, version DESC LIMIT 1
      ) AS newest
      WHERE ${createdAt}::text IS NULL OR created."timestamp" = ${createdAt}::text::timestamptz
      ORDER BY created.epoch DESC LIMIT ${most}`,
  ]);
  const known = rows.map(toIncarnation).toReversed();
  if (session === null) return known;
  const newest: TrailIncarnation = { created_at: session.created_at.toISOString(), epochs: null, deleted: session.deleted_at !== null };
  const last = known.at(-1);
  // Rows arrive in any order: what has arrived of the newest incarnation may lack its creation, and is no part of the
  // incarnation before it.
  if (
    last?.epochs?.end === null &&
    last.epochs.begin < session.epoch &&
    (last.created_at !== newest.created_at || (await isOver(database, sessionId, last.epochs.begin, session.epoch)))
  ) {
    last.epochs.end = Number(session.epoch);
    last.epochs.newest = last.epochs.begin;
    return createdAt === null || createdAt === newest.created_at ? [...known, newest] : known;
  }
  return last === undefined && (createdAt === null || createdAt === newest.created_at) ? [newest] : known;
}

/**
 * Whether an incarnation that began at an epoch was deleted before another one, so that what has that one is the next
 * incarnation's.
 */
async function isOver(database: PrismaClient, session_id: string, begin: number, epoch: bigint): Promise<boolean> {
  if (BigInt(begin) === epoch) return false;
  const before = await database.syncEvent.findFirst({
    select: { event_type: true },
    where: { session_id, epoch: { gte: BigInt(begin), lt: epoch } },
    orderBy: [{ epoch: 'desc' }, { version: 'desc' }],
  });
  return before?.event_type === 'session_deleted';
}

function toIncarnation({ epoch, next, timestamp, owner, last_type, last_epoch }: Row): TrailIncarnation {
  const owner_id = JSON.parse(owner ?? 'null') as string | null;
  return {
    created_at: timestamp.toISOString(),
    ...(owner_id === null ? {} : { owner_id }),
    epochs: { begin: Number(epoch), newest: Number(last_epoch), end: next === null ? null : Number(next) },
    deleted: last_type === 'session_deleted',
  };
}
