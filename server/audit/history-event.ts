import type { EventType, HistoryEvent, JsonObject, SessionState } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import { readSnapshot, SCHEMA, type Schema } from '../domain/schema.ts';
import { hashOf, type TrailEvent } from '../engine/trail-event.ts';
import type { SyncEvent } from './generated/client.ts';

/** A row of `sync_events` as users see it: BIGINTs as numbers, instants as ISO strings. Throws NewerSchemaError. */
export function toHistoryEvent(row: SyncEvent, schema: Schema = SCHEMA): HistoryEvent {
  return { ...eventOf(row), state_snapshot: readSnapshot(row.state_snapshot, schema) as SessionState };
}

function eventOf(row: SyncEvent): Omit<HistoryEvent, 'state_snapshot'> {
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
    metadata: row.metadata as JsonObject,
  };
}

/** The hash by which the event after this row names it. Equal to what the commit computed, unless the row was altered. */
export function hashOfRow(row: SyncEvent): string {
  return hashOf(canonicalJson({ ...eventOf(row), previous_hash: row.previous_hash } satisfies TrailEvent));
}
