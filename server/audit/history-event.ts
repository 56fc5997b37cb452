import type { EventType, HistoryEvent, JsonObject, SessionState } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import type { RecordedEvent } from '../domain/replay.ts';
import { decodeState, SCHEMA, type Schema } from '../domain/schema.ts';
import { hashOf, type TrailEvent } from '../engine/trail-event.ts';
import type { Columns, EventRow } from './event-rows.ts';

/** Converts a row of `sync_events`: BIGINTs become numbers, instants become ISO strings. Throws NewerSchemaError. */
export function toRecordedEvent(row: EventRow, schema: Schema = SCHEMA): RecordedEvent {
  const { snapshot, changes, rules } = row;
  const state_snapshot = snapshot === null ? null : (decodeState(snapshot, schema) as SessionState);
  return { ...columnsOf(row), state_snapshot, changes, metadata: JSON.parse(row.metadata) as JsonObject, rules };
}

/**
 * The JSON of a row as users get it. `told` is what it tells of the state after it: fields, each with a comma behind.
 * Texts go into it unchanged.
 */
export function historyJson(row: Columns & Pick<EventRow, 'metadata'>, told: string): string {
  return `${JSON.stringify(columnsOf(row)).slice(0, -1)},${told}"metadata":${row.metadata}}`;
}

/** The columns that a history event contains unchanged. */
export function columnsOf(row: Columns): Omit<HistoryEvent, 'state_snapshot' | 'metadata'> {
  return {
    session_id: row.session_id,
    epoch: Number(row.epoch),
    version: row.version,
    event_type: row.event_type as EventType,
    timestamp: row.timestamp.toISOString(),
    participant_id: row.participant_id,
    group_id: row.group_id,
    time_elapsed_ms: row.time_elapsed_ms === null ? null : Number(row.time_elapsed_ms),
    time_remaining_ms: row.time_remaining_ms === null ? null : Number(row.time_remaining_ms),
  };
}

/**
 * The hash by which the next event names this row. Equals the one that the commit computed unless the row was altered.
 */
export function hashOfRow(row: EventRow): string {
  const event = { ...columnsOf(row), metadata: JSON.parse(row.metadata) as JsonObject, previous_hash: row.previous_hash };
  return hashOf(canonicalJson(event satisfies TrailEvent));
}
