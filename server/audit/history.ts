import type { EventType, Snapshots } from '#contract';
import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { AnswersSeen } from '../domain/told.ts';
import type { EpochRange, HistoryPage, TrailIncarnation } from '../transport/history-port.ts';
import type { RowPosition } from './event-rows.ts';
import type { PrismaClient, SyncSession } from './generated/client.ts';
import { readPage } from './history-page.ts';

/** The greatest value of the column `version`. */
const VERSION_MAX = 2 ** 31 - 1;

/**
 * The events after a version, of the given epochs, or of the newest incarnation. The rows of a session arrive in any
 * order, so there may be gaps: only events before the first gap are returned. With `types` only events of those types
 * are returned, but all versions are walked through: `next_after_version` is the last one that was looked at. A page
 * ends at a megabyte.
 */
export async function history(
  database: PrismaClient,
  sessionId: string,
  afterVersion: number,
  limit: number,
  types?: readonly EventType[],
  schema: Schema = SCHEMA,
  epochs?: EpochRange,
  snapshots?: Snapshots,
  answers?: AnswersSeen,
): Promise<HistoryPage | 'unknown' | 'deleted'> {
  const incarnation = epochs === undefined ? (await incarnations(database, sessionId)).at(-1) : { epochs, deleted: false };
  if (incarnation === undefined) return 'unknown';
  if (incarnation.deleted) return 'deleted';
  if (incarnation.epochs === null || afterVersion >= VERSION_MAX) return { events: [], next_after_version: afterVersion };

  const begin = BigInt(incarnation.epochs.begin);
  const epoch = incarnation.epochs.end === null ? { gte: begin } : { gte: begin, lt: BigInt(incarnation.epochs.end) };
  const before = await database.syncEvent.aggregate({
    _max: { epoch: true },
    where: { session_id: sessionId, epoch, version: { lte: afterVersion } },
  });
  const where = { session_id: sessionId, epoch, version: { gt: afterVersion, lte: Math.min(afterVersion + limit, VERSION_MAX) } };
  const orderBy = [{ version: 'asc' as const }, { epoch: 'desc' as const }];
  const epochBefore = before._max.epoch ?? begin;
  // Snapshots are large, so the walk reads rows without them.
  const keys = await database.syncEvent.findMany({ select: { epoch: true, version: true, event_type: true }, where, orderBy });
  const run = unbrokenRun(keys, afterVersion, epochBefore);
  const asked = types === undefined ? run : run.filter(({ event_type }) => types.includes(event_type as EventType));
  const { events, cutAt } = await readPage(database, sessionId, asked, schema, { snapshots, answers });
  return { events, next_after_version: cutAt === undefined ? (run.at(-1)?.version ?? afterVersion) : cutAt - 1 };
}

/** A position as a key of maps and sets. */
export function keyOf({ epoch, version }: RowPosition): string {
  return `${epoch}.${version}`;
}

/**
 * The rows that follow one another by version. If a version has several rows, the one of the newest epoch counts, and
 * ends all older epochs: what those recorded later was lost with a run of Redis and is not part of what followed.
 * @param rows by version, the newest epoch of each first
 */
export function unbrokenRun<Row extends RowPosition>(rows: Row[], afterVersion: number, epochBefore: bigint): Row[] {
  const run: Row[] = [];
  let version = afterVersion;
  let epoch = epochBefore;
  for (const row of rows) {
    if (row.version === version) continue;
    if (row.version !== version + 1 || row.epoch < epoch) break;
    run.push(row);
    ({ version, epoch } = row);
  }
  return run;
}

/** The key and the type of a row of `sync_events`. */
export interface RowKey extends RowPosition {
  event_type: string;
}

/** All rows of an id's present incarnation. A deleted one is present until the id is used again. */
export interface IncarnationRows {
  /** Its row in `sync_sessions`; null where there is none. */
  session: SyncSession | null;
  /** The first epoch of this incarnation. */
  begin: bigint;
  /** Oldest version first, and of each version the oldest epoch first. */
  keys: RowKey[];
}

/**
 * Finds the rows of a session's present incarnation without reading their contents; null if the trail does not know it.
 */
export async function presentIncarnation(database: PrismaClient, sessionId: string): Promise<IncarnationRows | null> {
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
 * The first epoch of the present incarnation, as `history` finds it. If the row that creates the session is missing,
 * the incarnation begins after the deletion of the previous one.
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

/**
 * How many of the newest incarnations are listed, since the state at each creation has to be read. Older ones are found
 * by their `created_at` only.
 */
const INCARNATIONS_MAX = 20;

/**
 * PostgreSQL refuses to read a JSON document that contains the escape of a NUL or of half a surrogate pair, which
 * clients may send. This expression matches each escape and keeps (\1) all but those.
 */
const ESCAPES = String.raw`(\\[^u]|\\u(?!0000|[dD][89a-fA-F]))|\\u.{4}`;

/** The row that creates a session, and the newest row of its incarnation. */
interface CreationRow {
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
 * The incarnations of an id that the trail knows, oldest first. An incarnation begins with the epoch of the row that
 * creates the session, and ends before the next one's.
 * @param createdAt only incarnations created at this instant
 * @param most how many of the newest
 */
export async function incarnations(
  database: PrismaClient,
  sessionId: string,
  createdAt: string | null = null,
  most = INCARNATIONS_MAX,
): Promise<TrailIncarnation[]> {
  const [session, rows] = await Promise.all([
    database.syncSession.findUnique({ select: { epoch: true, created_at: true, deleted_at: true }, where: { session_id: sessionId } }),
    database.$queryRaw<CreationRow[]>`
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
  // Rows arrive in any order. The newest incarnation may have rows before the one that creates it has arrived; they do
  // not belong to the previous incarnation.
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
 * Whether the incarnation that began at epoch `begin` was deleted before `epoch`, so that `epoch` belongs to the next
 * one.
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

function toIncarnation({ epoch, next, timestamp, owner, last_type, last_epoch }: CreationRow): TrailIncarnation {
  const owner_id = JSON.parse(owner ?? 'null') as string | null;
  return {
    created_at: timestamp.toISOString(),
    ...(owner_id === null ? {} : { owner_id }),
    epochs: { begin: Number(epoch), newest: Number(last_epoch), end: next === null ? null : Number(next) },
    deleted: last_type === 'session_deleted',
  };
}
