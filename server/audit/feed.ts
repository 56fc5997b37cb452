import { createHash } from 'node:crypto';
import type { JsonObject, Status } from '#contract';
import { messageId } from '../util/message-id.ts';
import { invalid, type Refusal } from '../domain/refusal.ts';
import { toldOfEvent } from '../domain/told.ts';
import type { FeedEvent, FeedPage, FeedQuery } from '../transport/feed-port.ts';
import type { Columns } from './event-rows.ts';
import type { PrismaClient } from './generated/client.ts';
import { columnsOf } from './history-event.ts';

/** Rows that a page looks at where only some are asked for. */
const LOOKED_AT = 5_000;
const MARK_CHARACTERS = 8;

/** A position in the order of arrival: a transaction, and a row of it. */
interface Position {
  recorded_in: string;
  session_id: string;
  epoch: string;
  version: string;
}

const BEGINNING: Position = { recorded_in: '0', session_id: '', epoch: '0', version: '0' };

interface FeedRow extends Columns {
  recorded_in: bigint;
  matches: boolean;
  metadata: string | null;
  status: string | null;
}

interface Horizon {
  /** Transactions below it have ended. */
  xmin: string;
  /** No transaction has this number or a greater one yet. */
  xmax: string;
  mark: string | null;
}

/**
 * Reads a page of the feed (see `Feed`). Rows are ordered by the transaction that wrote them, which need not be the
 * order of commits. So a page ends below the oldest transaction that still runs: whatever commits later has a greater
 * number (PostgreSQL documentation, 9.27.8, transaction ID and snapshot information functions).
 */
export async function readFeed(
  database: PrismaClient,
  { after, types, prefix, limit }: FeedQuery,
): Promise<({ ok: true } & FeedPage) | Refusal> {
  const [horizon] = await database.$queryRaw<Horizon[]>`
    SELECT pg_snapshot_xmin(snapshot)::text AS xmin, pg_snapshot_xmax(snapshot)::text AS xmax,
           (SELECT system_identifier::text FROM pg_control_system()) AS mark
    FROM pg_current_snapshot() AS snapshot`;
  if (horizon === undefined) throw new Error('PostgreSQL tells no snapshot');
  const mark = markOf(horizon.mark);
  if (after === 'end') {
    return { ok: true, events: [], next_after: textOf(mark, { ...BEGINNING, recorded_in: horizon.xmin }), more: false };
  }
  const from = after === undefined ? BEGINNING : positionOf(after, mark, horizon);
  if (typeof from === 'string') return invalid([{ field: 'after', message: from, code: 'custom' }]);

  const looksAt = types.length === 0 && prefix === '' ? limit : LOOKED_AT;
  const rows = await database.$queryRaw<FeedRow[]>`
    WITH page AS (
      SELECT *, starts_with(session_id, ${prefix}) AND (${types.length === 0} OR event_type = ANY (${[...types]}::text[])) AS matches
      FROM sync_events
      WHERE recorded_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND (recorded_in, session_id, epoch, version)
          > (${from.recorded_in}::text::bigint, ${from.session_id}, ${from.epoch}::text::bigint, ${from.version}::text::int)
      ORDER BY recorded_in, session_id, epoch, version LIMIT ${looksAt}
    ), counted AS (
      SELECT *, count(*) FILTER (WHERE matches) OVER (ORDER BY recorded_in, session_id, epoch, version) AS nth FROM page
    )
    SELECT recorded_in, session_id, epoch, version, event_type, "timestamp", participant_id, group_id, time_elapsed_ms, time_remaining_ms,
           matches, CASE WHEN matches THEN metadata::text END AS metadata,
           CASE WHEN NOT matches THEN NULL
                WHEN state_snapshot IS NOT NULL THEN state_snapshot ->> 'status'
                ELSE sync_state(session_id, epoch, version) ->> 'status' END AS status
    FROM counted WHERE nth <= ${limit} ORDER BY recorded_in, session_id, epoch, version`;
  const last = rows.at(-1);
  const events = rows.filter(({ matches }) => matches).map((row) => eventOf(row, mark));
  return {
    ok: true,
    events,
    next_after: last === undefined ? textOf(mark, from) : textOf(mark, placeOf(last)),
    more: rows.length === looksAt || events.length === limit,
  };
}

function eventOf(row: FeedRow, mark: string): FeedEvent {
  const noted = JSON.parse(row.metadata ?? '{}') as JsonObject;
  return {
    cursor: textOf(mark, placeOf(row)),
    message_id: messageId(row),
    ...columnsOf(row),
    status: row.status as Status | null,
    ...toldOfEvent(noted),
  };
}

function placeOf({ recorded_in, session_id, epoch, version }: FeedRow): Position {
  return { recorded_in: String(recorded_in), session_id, epoch: String(epoch), version: String(version) };
}

/** A short name of a database cluster: the numbers of its transactions mean nothing in another one. */
function markOf(identifier: string | null): string {
  return createHash('sha256')
    .update(identifier ?? '')
    .digest('base64url')
    .slice(0, MARK_CHARACTERS);
}

function textOf(mark: string, { recorded_in, session_id, epoch, version }: Position): string {
  return Buffer.from([mark, recorded_in, session_id, epoch, version].join('\n')).toString('base64url');
}

/** The position that a cursor names, or why it names none here. */
function positionOf(cursor: string, here: string, { xmax }: Horizon): Position | string {
  const parts = Buffer.from(cursor, 'base64url').toString('utf8').split('\n');
  const [mark = '', recorded_in = '', session_id = '', epoch = '', version = ''] = parts;
  const isOne = parts.length === 5 && /^\d{1,18}$/.test(recorded_in) && /^\d{1,15}$/.test(epoch) && /^\d{1,9}$/.test(version);
  // PostgreSQL refuses NUL in texts.
  if (!isOne || session_id.includes('\0')) return 'Must be a cursor of this feed';
  const restored = 'after a restore, begin again without it or with `end`';
  if (mark !== here) return `This cursor is of another database: ${restored}`;
  if (BigInt(recorded_in) > BigInt(xmax)) return `This cursor is ahead of the database: ${restored}`;
  return { recorded_in, session_id, epoch, version };
}
