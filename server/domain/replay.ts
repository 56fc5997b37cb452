import { type Rules, rulesOf, startOf } from '#clock';
import type { HistoryEvent, JsonObject, SessionState } from '#contract';
import { canonicalJson } from './canonical.ts';
import { decide, type TimerCommand } from './decide.ts';
import type { Editing } from './edit.ts';
import type { SessionEvent } from './event.ts';
import { expire } from './expire.ts';
import { type Outage, takeIntoAccount } from './outage.ts';
import { LOST, recover, resume, ROLLED_BACK } from './recover.ts';
import { afterChanges, readChanges } from './recorded-changes.ts';
import type { Scheduling } from './schedule.ts';
import { isScheduledStart, startScheduled } from './scheduled-start.ts';
import { NewerSchemaError } from './schema.ts';
import { followsByItself } from './snapshots.ts';
import { NO_TURNS, type UndoHistory, undoHistoryAfter, type Undoing } from './undo.ts';

/** An event as the trail has it: with changes in place of a snapshot, or with neither where the rules lead to it. */
export type RecordedEvent = Omit<HistoryEvent, 'state_snapshot'> & {
  state_snapshot: SessionState | null;
  /** Text of what it changed (recorded-changes.ts). */
  changes?: string | null | undefined;
  /** The version of the rules that it was made by; the first where there is none. */
  rules?: number | null | undefined;
};

/** The result of replaying a recorded event. */
export interface Replayed {
  /** The state to which they lead; null where they lead to none. */
  state: SessionState | null;
  /** The state that the record tells, by its snapshot or its changes; null where it tells none. */
  told: SessionState | null;
  /** How the record differs from what the rules make, in words; null if it does not. */
  problem: string | null;
  /** The undo history after it; undefined where there is none, or where it is not known. */
  undo?: UndoHistory | undefined;
}

/**
 * Applies a recorded event to the state before it, by the rules that it was made by, and compares everything with the
 * record. `undo` is the undo history before it; where that is not known, the state after an undo is taken from the
 * record.
 * @throws NewerSchemaError where only a newer version of the server knows these rules
 */
export function replay(before: SessionState | null, recorded: RecordedEvent, undo?: UndoHistory): Replayed {
  const rules = rulesOf(recorded.rules);
  if (rules === undefined) throw new NewerSchemaError(`an event made by rules ${recorded.rules ?? ''}, which this version does not know`);
  const told = toldBy(recorded, before);
  const record = { ...recorded, state_snapshot: told };
  const { event_type } = recorded;
  if (event_type === 'session_created') {
    const begins = told?.status === 'pending' && told.version === recorded.version;
    return {
      state: told,
      told,
      problem: begins ? null : 'does not begin a session',
      undo: told?.undo_depth === undefined ? undefined : NO_TURNS,
    };
  }
  if (before === null) return { state: null, told, problem: 'has no event before it' };
  if (event_type === 'session_undone' && undo === undefined) return { state: told, told, problem: null };
  const event = applied(before, record, rules, undo);
  if (typeof event === 'string') return { state: null, told, problem: event };
  // The commit decides whether an epoch begins, by the state of Redis.
  event.state.epoch = recorded.epoch;
  if (event.state.undo_depth !== undefined && before.epoch !== recorded.epoch) event.state.undo_available = 0;
  return { state: event.state, told, problem: difference(event, record), undo: undoHistoryAfter(undo, before, event) };
}

/** The state that a record tells; null where it tells none, also where its changes can't be applied. */
function toldBy({ state_snapshot, changes }: RecordedEvent, before: SessionState | null): SessionState | null {
  if (state_snapshot !== null || changes == null || before === null) return state_snapshot;
  try {
    return changed(before, changes);
  } catch (error) {
    if (error instanceof NewerSchemaError) throw error;
    return null;
  }
}

/**
 * The state after an event, from the state before it: as recorded or, where the record has neither a snapshot nor
 * changes, as the rules make it.
 * @throws Error where changes or rules don't lead to what was recorded, NewerSchemaError as above
 */
export function stateAfter(before: SessionState, recorded: RecordedEvent): SessionState {
  const { state_snapshot, changes } = recorded;
  if (state_snapshot !== null) return state_snapshot;
  if (changes != null) return changed(before, changes);
  const { state, problem } = replay(before, recorded);
  if (state === null || problem !== null) throw new Error(`version ${recorded.version} ${problem ?? ''}`);
  return state;
}

function changed(before: SessionState, changes: string): SessionState {
  return afterChanges(before as object as JsonObject, readChanges(changes)) as object as SessionState;
}

function difference(event: SessionEvent, recorded: RecordedEvent): string | null {
  const { state_snapshot: snapshot } = recorded;
  if (event.state.version !== recorded.version) return 'does not follow the version before it';
  if (snapshot !== null && canonicalJson(event.state) !== canonicalJson(snapshot))
    return `has ${recorded.changes == null ? 'a snapshot' : 'changes'} to which the rules do not lead`;
  if (event.at !== Date.parse(recorded.timestamp)) return 'has another timestamp than the rules lead to';
  for (const field of ['participant_id', 'group_id', 'time_elapsed_ms', 'time_remaining_ms'] as const) {
    if (event[field] !== recorded[field]) return `has another ${field} than the rules lead to`;
  }
  return null;
}

function applied(before: SessionState, recorded: RecordedEvent, rules: Rules, history: UndoHistory | undefined): SessionEvent | string {
  const { state_snapshot: snapshot, changes } = recorded;
  const at = Date.parse(recorded.timestamp);
  if (snapshot === null && changes != null) return 'has changes that lead to no state';
  if (snapshot === null && !followsByItself(recorded)) return 'has no snapshot';
  const outage = outageOf(recorded);
  if (outage !== null) return takeIntoAccount(before, outage);
  if (recorded.event_type === 'participant_expired') return expire(before);
  if (isScheduledStart(recorded))
    return startOf(before) === null ? 'could not have happened: no start was planned' : startScheduled(before);
  if (recorded.event_type === 'session_recovered') return broughtBack(before, at, recorded);
  const command = snapshot === null ? null : commandOf({ ...recorded, state_snapshot: snapshot });
  if (command === null) return `is of the unknown type ${recorded.event_type}`;
  // A finish is charged up to its arrival, which may be before the event's instant.
  const { finished_at } = recorded.metadata;
  const arrived = typeof finished_at === 'string' ? Date.parse(finished_at) : at;
  const decision = decide(before, command, arrived, { rules, history });
  return decision.ok ? decision.event : `could not have happened: ${decision.message}`;
}

/** The event and its state say in which way the session was brought back. */
function broughtBack(before: SessionState, at: number, { metadata, state_snapshot }: RecordedEvent): SessionEvent {
  if (metadata['resumed'] === true) return resume(before, at);
  const isRolledBack = state_snapshot?.metadata['recovery_warning'] === ROLLED_BACK;
  return recover(before, at, isRolledBack ? ROLLED_BACK : LOST);
}

/**
 * The command that an event records. The participant who follows is taken from the record, since the command may have
 * named one.
 */
function commandOf({ event_type, state_snapshot, metadata, participant_id: id }: HistoryEvent): TimerCommand | null {
  const active = state_snapshot.active_participant_id ?? undefined;
  const isSplit = state_snapshot.concurrent === true && state_snapshot.sync_mode === 'count_up';
  const split = isSplit ? (id ?? undefined) : undefined;
  switch (event_type) {
    case 'session_started':
      return { type: 'start', active_participant_id: state_snapshot.items === undefined ? active : undefined };
    case 'cycle_switched': {
      const { next_item_id } = metadata as { next_item_id?: string };
      if (state_snapshot.items !== undefined) return { type: 'switch', next_item_id };
      // In a concurrent session nobody is active: it is somebody's split, or everybody's next cycle.
      return active === undefined ? { type: 'switch', current_participant_id: split } : { type: 'switch', next_participant_id: active };
    }
    case 'session_paused':
      return { type: 'pause' };
    case 'session_resumed':
      return { type: 'resume' };
    case 'session_adjusted': {
      const { delta_ms, participant_id, group_id } = metadata as { delta_ms?: number; participant_id?: string; group_id?: string };
      return { type: 'adjust', delta_ms: delta_ms ?? 0, participant_id, group_id };
    }
    case 'participant_started':
      return { type: 'start', participant_id: id ?? '' };
    case 'participant_paused':
      return { type: 'pause', participant_id: id ?? '' };
    case 'participant_resumed':
      return { type: 'resume', participant_id: id ?? '' };
    case 'participant_finished':
      return { type: 'finish', participant_id: id ?? '', answer: metadata['answer'] };
    case 'session_extended': {
      const { participant_id } = metadata as { participant_id?: string };
      return { type: 'extend', participant_id };
    }
    case 'session_scheduled': {
      const { starts_at, closes_at, participant_id } = metadata as Partial<Record<keyof Scheduling, string | null>>;
      const given = { starts_at: starts_at ?? undefined, closes_at: closes_at ?? undefined };
      return { type: 'schedule', ...given, participant_id: participant_id ?? undefined };
    }
    case 'session_undone': {
      const { turns, clock } = metadata as Undoing;
      return { type: 'undo', turns, clock };
    }
    case 'session_edited':
      return { type: 'edit', ...(metadata as Editing) };
    case 'session_completed':
      return { type: 'complete', outcome: metadata['outcome'] };
    case 'session_cancelled':
      return { type: 'cancel' };
    case 'session_deleted':
      return { type: 'delete' };
    default:
      return null;
  }
}

function outageOf({ metadata }: RecordedEvent): Outage | null {
  const outage = metadata['outage'] as { from: string; to: string } | undefined;
  return outage === undefined ? null : { from: Date.parse(outage.from), to: Date.parse(outage.to) };
}
