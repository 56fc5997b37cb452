import type { JsonObject, SessionState } from '#contract';
import { stateAfter } from '../domain/replay.ts';
import { decodeState, type Schema, textAsRead } from '../domain/schema.ts';
import { nextTurn } from '../util/turns.ts';
import type { PrismaClient } from './generated/client.ts';
import { type Columns, columnsOf, historyJson } from './history-event.ts';
import type { RowPosition } from './history.ts';
import { stateAt } from './state-at.ts';

/** Most bytes of a page as JSON; the event that would exceed it is left to the next page. */
const PAGE_BYTES = 1024 * 1024;
/**
 * Rows are read in slices of about so many characters. The rows of a session are much alike, so the largest one so far
 * tells how many rows that is.
 */
const SLICE_CHARACTERS = 256 * 1024;

/** A row whose JSON columns are texts, as stored. */
interface Row extends Columns {
  snapshot: string | null;
  metadata: string;
}

/** The part of the requested events that fits in a page. */
export interface Page {
  /** JSON of each event. */
  events: string[];
  /** The version of the first event that is left out; undefined if none is. */
  cutAt: number | undefined;
}

/**
 * Reads at least one event, and more until their JSON has a megabyte. Stored snapshots are passed on as texts; the
 * rules make those that the trail leaves out.
 * @param asked the requested events, by version
 */
export async function readPage(database: PrismaClient, sessionId: string, asked: readonly RowPosition[], schema: Schema): Promise<Page> {
  const unfolding = new Unfolding(database, sessionId, schema);
  const events: string[] = [];
  let bytes = 0;
  let longest = SLICE_CHARACTERS;
  while (events.length < asked.length) {
    const slice = asked.slice(events.length, events.length + Math.max(1, Math.floor(SLICE_CHARACTERS / longest)));
    const rows = await readRows(database, sessionId, slice);
    longest = 1;
    for (const { version, epoch } of slice) {
      const row = rows.find((one) => one.version === version && one.epoch === epoch);
      const snapshot = row === undefined ? null : await unfolding.snapshotOf(row);
      // Earlier rows have not arrived yet, or the session was deleted just now.
      if (row === undefined || snapshot === null) return { events, cutAt: version };
      const json = historyJson(row, snapshot, row.metadata);
      bytes += Buffer.byteLength(json);
      if (events.length > 0 && bytes > PAGE_BYTES) return { events, cutAt: version };
      events.push(json);
      longest = Math.max(longest, json.length);
    }
    await nextTurn();
  }
  return { events, cutAt: undefined };
}

async function readRows(database: PrismaClient, sessionId: string, slice: readonly RowPosition[]): Promise<Row[]> {
  const epochs = slice.map(({ epoch }) => String(epoch));
  const versions = slice.map(({ version }) => String(version));
  // Both ascend. The bounds limit the database to that part of the index.
  const [first, last] = [slice[0], slice.at(-1)];
  // Raw SQL, so that no JSON is parsed on the way.
  return database.$queryRaw<Row[]>`
    SELECT session_id, epoch, version, event_type, "timestamp", participant_id, group_id, time_elapsed_ms, time_remaining_ms,
           state_snapshot::text AS snapshot, metadata::text AS metadata, rules
    FROM unnest(${epochs}::text[], ${versions}::text[]) AS asked (epoch_text, version_text)
    JOIN sync_events ON session_id = ${sessionId} AND epoch = epoch_text::bigint AND version = version_text::int
      AND epoch BETWEEN ${first?.epoch ?? 0n} AND ${last?.epoch ?? 0n} AND version BETWEEN ${first?.version ?? 0} AND ${last?.version ?? 0}`;
}

/** Gives rows their snapshots. Asked in order of versions. */
class Unfolding {
  readonly #database: PrismaClient;
  readonly #sessionId: string;
  readonly #schema: Schema;
  /** The previous row and the state after it; the state is a text until it is needed. */
  #last: { at: RowPosition; state: SessionState | string } | undefined;

  constructor(database: PrismaClient, sessionId: string, schema: Schema) {
    this.#database = database;
    this.#sessionId = sessionId;
    this.#schema = schema;
  }

  /** The JSON of the state after a row's event; null if the trail does not have it yet. */
  async snapshotOf(row: Row): Promise<string | null> {
    if (row.snapshot !== null) {
      this.#last = { at: row, state: row.snapshot };
      return textAsRead(row.snapshot, this.#schema);
    }
    const before = await this.#stateBefore(row);
    if (before === null) return null;
    const metadata = JSON.parse(row.metadata) as JsonObject;
    const state = stateAfter(before, { ...columnsOf(row), state_snapshot: null, metadata, rules: row.rules });
    this.#last = { at: row, state };
    await nextTurn();
    return JSON.stringify(state);
  }

  /** A row without a snapshot always follows an event of its own epoch. */
  async #stateBefore({ epoch, version }: RowPosition): Promise<SessionState | null> {
    const last = this.#last;
    if (last?.at.epoch === epoch && last.at.version === version - 1) {
      return typeof last.state === 'string' ? (decodeState(last.state, this.#schema) as SessionState) : last.state;
    }
    const found = await stateAt(this.#database, this.#sessionId, { epoch, version: version - 1 }, this.#schema);
    return found?.row.epoch === epoch && found.row.version === version - 1 ? found.state : null;
  }
}
