/** The audit trail in memory: rows as the worker makes them, read as the server reads PostgreSQL's. */
import {
  type ArchivedSession,
  encodeBrief,
  followsByItself,
  isChanges,
  type JsonObject,
  hashOfRow,
  historyJson,
  type RecordedEvent,
  type Row,
  rowOf,
  type SessionState,
  stateAfter,
  toRecordedEvent,
  type Trail,
  type TrailIncarnation,
  unbrokenRun,
} from './house.ts';

interface Entry {
  row: Row;
  event: RecordedEvent;
  /** The state after it. */
  state: SessionState;
}

/**
 * What stood in place of changes when the corpus was recorded, and is shown of them. That changes lead to the state to
 * which the rules lead, `MemoryTrail` and `judge` see.
 */
export function briefOf(text: string): string {
  const { schema: _schema, changes: _changes, ...fields } = JSON.parse(text) as JsonObject;
  return encodeBrief(fields);
}

/** Whether the trail had nothing of the state after an event when the corpus was recorded. */
export function isLeftOut({ event, state }: { event: string; state: string }): boolean {
  return isChanges(state) && followsByItself(JSON.parse(event) as RecordedEvent);
}

/** The trail of one session. */
export class MemoryTrail {
  #entries: Entry[] = [];

  /** What the outbox has goes on to the trail. */
  take(entry: { event: string; state: string }): void {
    const row = rowOf(entry);
    const { changes, ...event } = toRecordedEvent(row);
    const before = this.#entries.findLast(({ row: { version } }) => version === row.version - 1);
    const state = event.state_snapshot ?? (before === undefined ? null : stateAfter(before.state, { ...event, changes }));
    if (state === null) throw new Error(`version ${row.version} has no snapshot, and nothing is before it`);
    // What is said of a row is what the rules make of it. They must lead to the state that the changes give.
    this.#entries.push({ row, event: { ...event, state_snapshot: isLeftOut(entry) ? null : state }, state });
  }

  /** What had not left the outbox is lost with it. */
  lose(events: number): void {
    if (events > 0) this.#entries = this.#entries.slice(0, -events);
  }

  /** All rows in the order in which they were made. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The newest state of a session that was not deleted; null where there is none. */
  get state(): SessionState | null {
    const newest = this.#newest();
    return newest === undefined || newest.deleted ? null : newest.state;
  }

  readonly trail: Trail = {
    newest: async () => this.#newest() ?? 'unknown',
    incarnations: async (_id, createdAt) =>
      this.#incarnations().filter(({ created_at }) => createdAt === undefined || createdAt === created_at),
    history: async (_id, afterVersion, limit, types, epochs) => {
      const { begin = 0, end = null } = epochs ?? {};
      const rows = this.#entries
        .map(({ row, state }) => ({ epoch: row.epoch, version: row.version, row, state }))
        .filter(({ epoch, version }) => epoch >= begin && (end === null || epoch < end) && version > afterVersion)
        .filter(({ version }) => version <= afterVersion + limit)
        .toSorted((a, b) => a.version - b.version || Number(b.epoch - a.epoch));
      const before = this.#entries.filter(({ row: { epoch, version } }) => epoch >= begin && version <= afterVersion);
      const run = unbrokenRun(rows, afterVersion, before.at(-1)?.row.epoch ?? BigInt(begin));
      const told = run.filter(({ row }) => types === undefined || types.some((type) => type === row.event_type));
      const events = told.map(({ row, state }) => historyJson(row, `"state_snapshot":${JSON.stringify(state)},`));
      return { events, next_after_version: run.at(-1)?.version ?? afterVersion };
    },
  };

  #newest(): ArchivedSession | undefined {
    const newest = this.#entries.toSorted((a, b) => Number(a.row.epoch - b.row.epoch) || a.row.version - b.row.version).at(-1);
    if (newest === undefined) return undefined;
    const { row, state } = newest;
    return { state, lastHash: hashOfRow(row), deleted: row.event_type === 'session_deleted' };
  }

  #incarnations(): TrailIncarnation[] {
    const begins = this.#entries.filter(({ row }) => row.version === 1 && row.event_type === 'session_created');
    return begins.map(({ row: { epoch: begin }, state: { created_at, owner_id } }, place) => {
      const end = begins[place + 1]?.row.epoch;
      const rows = this.#entries.filter(({ row: { epoch } }) => epoch >= begin && (end === undefined || epoch < end));
      const newest = rows.reduce((most, { row: { epoch } }) => (epoch > most ? epoch : most), begin);
      const epochs = { begin: Number(begin), newest: Number(newest), end: end === undefined ? null : Number(end) };
      const incarnation: TrailIncarnation = { created_at, epochs, deleted: rows.at(-1)?.row.event_type === 'session_deleted' };
      if (owner_id !== undefined) incarnation.owner_id = owner_id;
      return incarnation;
    });
  }
}
