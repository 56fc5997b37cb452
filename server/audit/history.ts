import type { EventType } from '#contract';
import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { EpochRange, HistoryPage } from '../transport/history-port.ts';
import type { PrismaClient } from './generated/client.ts';
import { readPage } from './history-page.ts';
import { incarnations } from './lives.ts';

/** What the column holds at most. */
const VERSION_MAX = 2 ** 31 - 1;

/** Where a row of `sync_events` stands in its session. */
export interface Position {
  version: number;
  epoch: bigint;
}

/**
 * Events after a version, of some epochs, by default those of the newest incarnation. A session's rows arrive in any
 * order, so what is there may have gaps: only the run without one is told. With `types` it tells of those only, but
 * still walks over all versions: `next_after_version` is the last one that was looked at. A page ends at a megabyte.
 */
export async function history(
  database: PrismaClient,
  sessionId: string,
  afterVersion: number,
  limit: number,
  types?: readonly EventType[],
  schema: Schema = SCHEMA,
  epochs?: EpochRange,
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
  // Snapshots are large: what is walked over is read without them.
  const keys = await database.syncEvent.findMany({ select: { epoch: true, version: true, event_type: true }, where, orderBy });
  const run = unbrokenRun(keys, afterVersion, epochBefore);
  const asked = types === undefined ? run : run.filter(({ event_type }) => types.includes(event_type as EventType));
  const { events, cutAt } = await readPage(database, sessionId, asked, schema);
  return { events, next_after_version: cutAt === undefined ? (run.at(-1)?.version ?? afterVersion) : cutAt - 1 };
}

/** A position as a key of maps and sets. */
export function keyOf({ epoch, version }: Position): string {
  return `${epoch}.${version}`;
}

/**
 * The rows that follow one another by version. Where a version has several, that of the newest epoch counts; it also ends all older epochs:
 * what they recorded beyond it was lost with the Redis that knew it, and is no part of what followed.
 * @param rows by version, the newest epoch of each first
 */
export function unbrokenRun<Row extends Position>(rows: Row[], afterVersion: number, epochBefore: bigint): Row[] {
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
