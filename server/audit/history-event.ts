import type { EventType, HistoryEvent, JsonObject, SessionState } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import type { RecordedEvent } from '../domain/replay.ts';
import { readSnapshot, SCHEMA, type Schema } from '../domain/schema.ts';
import { hashOf, type TrailEvent } from '../engine/trail-event.ts';
import type { SyncEvent } from './generated/client.ts';

export type Columns = Omit<SyncEvent, 'state_snapshot' | 'metadata' | 'previous_hash'>;

/** Converts a row of `sync_events`: BIGINTs become numbers, instants become ISO strings. Throws NewerSchemaError. */
export function toRecordedEvent(row: SyncEvent, schema: Schema = SCHEMA): RecordedEvent {
  const snapshot = row.state_snapshot === null ? null : (readSnapshot(row.state_snapshot, schema) as SessionState);
  return { ...columnsOf(row), state_snapshot: snapshot, metadata: row.metadata as JsonObject, rules: row.rules };
}

/** The JSON of a row as users get it. The texts of snapshot and metadata go into it unchanged. */
export function historyJson(row: Columns, snapshot: string, metadata: string): string {
  return `${JSON.stringify(columnsOf(row)).slice(0, -1)},"state_snapshot":${snapshot},"metadata":${metadata}}`;
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
export function hashOfRow(row: SyncEvent): string {
  const event = { ...columnsOf(row), metadata: row.metadata as JsonObject, previous_hash: row.previous_hash };
  return hashOf(canonicalJson(event satisfies TrailEvent));
}
