import { isAfter } from '#clock';
import type { SessionState } from '#contract';
import { isBrief, isChanges, snapshotText } from '../domain/schema.ts';
import { BRIEF_FIELDS, type QueuedTrailEvent } from '../engine/trail-event.ts';

/** An event as it travels through the queue: the JSON texts of the outbox entry, unchanged. */
export interface QueuedEvent {
  event: string;
  /** The state after it, or what stands in its place: changes or a brief (schema.ts). */
  state: string;
}

/**
 * A queued event, parsed as far as its rows need. The texts are kept, since the trail must show exactly the committed
 * bytes.
 */
export interface ReadEvent {
  queued: QueuedEvent;
  event: QueuedTrailEvent;
  metadata: string;
}

/**
 * A value as text parameter of a statement; PostgreSQL casts it to the type of its column and refuses what does not
 * fit.
 */
type Text = string | null;

/** Parameters of one INSERT: for each column the values of all rows. */
export type Columns<Name extends string> = Record<Name, Text[]>;

const EVENT_COLUMNS = [
  'session_id',
  'epoch',
  'version',
  'event_type',
  'timestamp',
  'participant_id',
  'group_id',
  'time_elapsed_ms',
  'time_remaining_ms',
  'state_snapshot',
  'changes',
  'metadata',
  'previous_hash',
  'rules',
] as const;

const SESSION_COLUMNS = ['session_id', 'epoch', 'version', ...BRIEF_FIELDS, 'deleted_at'] as const;

export type EventColumn = (typeof EVENT_COLUMNS)[number];
export type SessionColumn = (typeof SESSION_COLUMNS)[number];

/** Reads a queued event. Throws SyntaxError when it is not JSON. */
export function readEvent(queued: QueuedEvent): ReadEvent {
  const event = JSON.parse(queued.event) as ReadEvent['event'];
  return { queued, event, metadata: JSON.stringify(event.metadata ?? {}) };
}

/** Unix ms of an outbox entry's event; infinite when it cannot be read. */
export function instantOf(event: string): number {
  try {
    const instant = Date.parse((JSON.parse(event) as { timestamp: string }).timestamp);
    return Number.isNaN(instant) ? Infinity : instant;
  } catch {
    return Infinity;
  }
}

/** Converts events to rows of `sync_events`. Throws SyntaxError when what a state tells in its place is not JSON. */
export function eventColumns(events: ReadEvent[]): Columns<EventColumn> {
  return columns(EVENT_COLUMNS, events, ({ event, queued, metadata }) => ({
    ...event,
    ...stateColumns(queued.state),
    metadata,
  }));
}

function stateColumns(state: string): Partial<Record<EventColumn, unknown>> {
  if (isChanges(state)) return { changes: (JSON.parse(state) as { changes: object }).changes };
  return isBrief(state) ? {} : { state_snapshot: snapshotText(state) };
}

/**
 * The rows of `sync_sessions` after these events: for each session the one of its newest event. Throws SyntaxError when
 * a state is not JSON.
 */
export function sessionColumns(events: ReadEvent[]): Columns<SessionColumn> {
  const newest = new Map<string, ReadEvent>();
  for (const read of events) {
    const known = newest.get(read.event.session_id);
    if (known === undefined || isAfter(read.event, known.event)) newest.set(read.event.session_id, read);
  }
  return columns(SESSION_COLUMNS, [...newest.values()], ({ event, queued }) => ({
    ...(JSON.parse(queued.state) as SessionState),
    session_id: event.session_id,
    epoch: event.epoch,
    version: event.version,
    deleted_at: event.event_type === 'session_deleted' ? event.timestamp : null,
  }));
}

function columns<Name extends string, Item>(
  names: readonly Name[],
  items: Item[],
  rowOf: (item: Item) => Partial<Record<Name, unknown>>,
): Columns<Name> {
  const rows = items.map(rowOf);
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => text(row[name]))])) as Columns<Name>;
}

function text(value: unknown): Text {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
