import type { EventType, HistoryData, HistoryEvent, JsonObject, SessionState } from '#contract';
import { StoreUnavailableError, type Trail } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';
import { answers, closeDatabase, openDatabase } from './database.ts';
import { endsWithin } from './deadline.ts';
import type { PrismaClient, SyncEvent } from './generated/client.ts';
import { causeOf } from './refusal.ts';

const CONNECTIONS = 5;
/** Somebody waits for the answer. */
const STATEMENT_MS = 3_000;
const PING_MS = 1_000;
/** What the column holds at most. */
const VERSION_MAX = 2 ** 31 - 1;

export interface TrailReader extends Trail {
  /** Whether PostgreSQL answers within a second. Never rejects. */
  ping(): Promise<boolean>;
  /** Ends the connections, once. Never rejects. */
  close(): Promise<void>;
}

/** Opens the trail for reading. `history` throws StoreUnavailableError while PostgreSQL is out of reach, after some seconds at most. */
export function createTrail({ databaseUrl, logger }: { databaseUrl: string; logger: Logger }): TrailReader {
  const database = openDatabase(databaseUrl, logger, { connections: CONNECTIONS, statementMs: STATEMENT_MS });
  let closing: Promise<void> | undefined;
  return {
    history: async (sessionId, afterVersion, limit) => {
      try {
        return await history(database, sessionId, afterVersion, limit);
      } catch (error) {
        // What reads can't be refused for its values: whatever fails may succeed when the database is back.
        logger.warn({ cause: causeOf(error) }, 'history could not be read');
        throw new StoreUnavailableError('the audit trail is out of reach', { cause: error });
      }
    },
    ping: async () => {
      let up = false;
      await endsWithin(
        PING_MS,
        answers(database).then((answer) => (up = answer)),
      );
      return up;
    },
    close: () => (closing ??= closeDatabase(database, logger)),
  };
}

/** A session's rows arrive in any order, so what is there may have gaps: only the run without one is told. */
async function history(
  database: PrismaClient,
  sessionId: string,
  afterVersion: number,
  limit: number,
): Promise<HistoryData | 'unknown' | 'deleted'> {
  const session = await database.syncSession.findUnique({ where: { session_id: sessionId } });
  if (session === null) return 'unknown';
  if (session.deleted_at !== null) return 'deleted';

  if (afterVersion >= VERSION_MAX) return { events: [], next_after_version: afterVersion };
  const begin = await beginningOf(database, sessionId, session.epoch);
  if (begin === null) return { events: [], next_after_version: afterVersion };
  const before = await database.syncEvent.aggregate({
    _max: { epoch: true },
    where: { session_id: sessionId, epoch: { gte: begin }, version: { lte: afterVersion } },
  });
  const rows = await database.syncEvent.findMany({
    where: {
      session_id: sessionId,
      epoch: { gte: begin },
      version: { gt: afterVersion, lte: Math.min(afterVersion + limit, VERSION_MAX) },
    },
    orderBy: [{ version: 'asc' }, { epoch: 'desc' }],
  });
  const events = unbrokenRun(rows, afterVersion, before._max.epoch ?? begin).map(toHistoryEvent);
  return { events, next_after_version: events.at(-1)?.version ?? afterVersion };
}

/**
 * The epoch from which the rows of a session tell of its present life. An id can be used again after a deletion; that life begins with a
 * `session_created` of a newer epoch. Null while that one has not arrived although later events have.
 */
async function beginningOf(database: PrismaClient, sessionId: string, newest: bigint): Promise<bigint | null> {
  const created = await database.syncEvent.findFirst({
    select: { epoch: true },
    where: { session_id: sessionId, version: 1, event_type: 'session_created' },
    orderBy: { epoch: 'desc' },
  });
  const begin = created?.epoch ?? 0n;
  if (begin === newest) return begin;
  const ended = await database.syncEvent.findFirst({
    select: { epoch: true },
    where: { session_id: sessionId, epoch: { gte: begin }, event_type: 'session_deleted' },
  });
  return ended === null ? begin : null;
}

/**
 * The rows that follow one another by version. Where a version has several, that of the newest epoch counts; it also ends all older epochs:
 * what they recorded beyond it was lost with the Redis that knew it, and is no part of what followed.
 * @param rows by version, the newest epoch of each first
 */
function unbrokenRun(rows: SyncEvent[], afterVersion: number, epochBefore: bigint): SyncEvent[] {
  const run: SyncEvent[] = [];
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

function toHistoryEvent(row: SyncEvent): HistoryEvent {
  return {
    session_id: row.session_id,
    epoch: Number(row.epoch),
    version: row.version,
    event_type: row.event_type as EventType,
    timestamp: row.timestamp.toISOString(),
    participant_id: row.participant_id,
    group_id: row.group_id,
    time_elapsed_ms: Number(row.time_elapsed_ms),
    time_remaining_ms: row.time_remaining_ms === null ? null : Number(row.time_remaining_ms),
    state_snapshot: row.state_snapshot as unknown as SessionState,
    metadata: row.metadata as JsonObject,
  };
}
