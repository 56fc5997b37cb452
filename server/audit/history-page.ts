import type { JsonObject, SessionState, Snapshots } from '#contract';
import { readChanges, recordedChanges } from '../domain/recorded-changes.ts';
import type { Schema } from '../domain/schema.ts';
import { type AnswersSeen, EVERY_ANSWER, metadataShownTo, shownTo } from '../domain/told.ts';
import { nextTurn } from '../util/turns.ts';
import { type EventRow, type RowPosition, rowsAt } from './event-rows.ts';
import { Fold } from './fold.ts';
import type { PrismaClient } from './generated/client.ts';
import { historyJson } from './history-event.ts';
import { foldAt } from './state-at.ts';

/** Most bytes of a page as JSON; the event that would exceed it is left to the next page. */
const PAGE_BYTES = 1024 * 1024;
/**
 * Rows are read in slices of about so many characters. The rows of a session are much alike, so the largest one so far
 * tells how many rows that is.
 */
const SLICE_CHARACTERS = 256 * 1024;

/** The text of the field by which a state says that it hides answers. */
const HIDES = '"answers":"hidden"';

/** The part of the requested events that fits in a page. */
export interface Page {
  /** JSON of each event. */
  events: string[];
  /** The version of the first event that is left out; undefined if none is. */
  cutAt: number | undefined;
}

/**
 * Reads at least one event, and more until their JSON has a megabyte. Texts of rows are passed on as they are; what the
 * trail leaves out is made.
 * @param asked the requested events, by version
 * @param snapshots what events tell of the state after them: all of it, what is new, or nothing
 * @param answers whose hidden answers they tell
 */
export async function readPage(
  database: PrismaClient,
  sessionId: string,
  asked: readonly RowPosition[],
  schema: Schema,
  { snapshots = 'all', answers }: { snapshots?: Snapshots | undefined; answers?: AnswersSeen } = {},
): Promise<Page> {
  const states = new States(database, sessionId, schema, answers);
  const events: string[] = [];
  let bytes = 0;
  let longest = SLICE_CHARACTERS;
  while (events.length < asked.length) {
    const slice = asked.slice(events.length, events.length + Math.max(1, Math.floor(SLICE_CHARACTERS / longest)));
    const rows = await rowsAt(database, sessionId, slice, snapshots !== 'none');
    longest = 1;
    for (const { version, epoch } of slice) {
      const row = rows.find((one) => one.version === version && one.epoch === epoch);
      const told = row === undefined ? null : await states.tell(row, snapshots, events.length === 0);
      // Earlier rows have not arrived yet, or the session was deleted just now.
      if (row === undefined || told === null) return { events, cutAt: version };
      const json = historyJson({ ...row, metadata: metadataOf(row, answers) }, told);
      bytes += Buffer.byteLength(json);
      if (events.length > 0 && bytes > PAGE_BYTES) return { events, cutAt: version };
      events.push(json);
      longest = Math.max(longest, json.length, row.snapshot?.length ?? 0);
    }
    await nextTurn();
  }
  return { events, cutAt: undefined };
}

/** What events tell of the states after them. Asked in order of versions. */
class States {
  readonly #database: PrismaClient;
  readonly #sessionId: string;
  readonly #schema: Schema;
  readonly #answers: AnswersSeen;
  /** Whether the session hides answers from the reader. Known from the first state on. */
  #hides = false;
  /** The state after a row that was read before. */
  #fold: Fold | undefined;

  constructor(database: PrismaClient, sessionId: string, schema: Schema, answers: AnswersSeen) {
    this.#database = database;
    this.#sessionId = sessionId;
    this.#schema = schema;
    this.#answers = answers;
  }

  /** Fields of an event's JSON, each with a comma behind it; null if rows are missing that they depend on. */
  async tell(row: EventRow, snapshots: Snapshots, isFirst: boolean): Promise<string | null> {
    if (snapshots === 'none') return '';
    if (snapshots === 'all' || isFirst) return this.#whole(row);
    if (row.snapshot === null && row.changes !== null && !this.#hides) return changesField(readChanges(row.changes).changes);
    const before = await this.#before(row);
    if (before === null) return this.#whole(row);
    const was = this.#shown(before);
    const after = await this.#after(row);
    return after === null ? null : changesField(recordedChanges(was, this.#shown(after)).changes);
  }

  async #whole(row: EventRow): Promise<string | null> {
    const after = await this.#after(row);
    if (after === null) return null;
    const json = after.json();
    this.#hides = this.#answers !== EVERY_ANSWER && json.includes(HIDES);
    return `"state_snapshot":${this.#hides ? JSON.stringify(this.#shown(after)) : json},`;
  }

  #shown(fold: Fold): SessionState {
    return shownTo(fold.state(), this.#answers);
  }

  /** The state after a row; null if rows before it are missing. */
  async #after(row: EventRow): Promise<Fold | null> {
    const fold = Fold.from(row, this.#schema) ?? (await this.#before(row));
    if (fold === null) return null;
    if (fold.at !== row) fold.take(row);
    this.#fold = fold;
    await nextTurn();
    return fold;
  }

  /** The state after the event before a row; null if it is of another epoch, or missing. */
  async #before(row: EventRow): Promise<Fold | null> {
    if (this.#fold?.precedes(row) === true) return this.#fold;
    const found = await foldAt(this.#database, this.#sessionId, { epoch: row.epoch, version: row.version - 1 }, this.#schema);
    if (found?.fold.precedes(row) !== true) return null;
    return (this.#fold = found.fold);
  }
}

/** The text of a row's metadata as a reader of these answers sees it. */
function metadataOf({ event_type, metadata, participant_id }: EventRow, answers: AnswersSeen): string {
  if (event_type !== 'participant_finished' || answers === EVERY_ANSWER) return metadata;
  const whole = JSON.parse(metadata) as JsonObject;
  const shown = metadataShownTo(whole, participant_id, answers);
  return shown === whole ? metadata : JSON.stringify(shown);
}

function changesField(changes: object): string {
  return `"changes":${JSON.stringify(changes)},`;
}
