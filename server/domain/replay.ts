import { type Rules, rulesOf, startOf } from '#clock';
import type { HistoryEvent, SessionState } from '#contract';
import { canonicalJson } from './canonical.ts';
import { decide, type TimerCommand } from './decide.ts';
import type { Editing } from './edit.ts';
import type { SessionEvent } from './event.ts';
import { expire } from './expire.ts';
import { type Outage, takeIntoAccount } from './outage.ts';
import { LOST, recover, resume, ROLLED_BACK } from './recover.ts';
import { isScheduledStart, startScheduled } from './scheduled-start.ts';
import { NewerSchemaError } from './schema.ts';
import { followsByItself } from './snapshots.ts';
import { NO_TURNS, type UndoHistory, undoHistoryAfter, type Undoing } from './undo.ts';

/** An event as the trail holds it: without a snapshot where the rules lead to the state (snapshots.ts). */
export type RecordedEvent = Omit<HistoryEvent, 'state_snapshot'> & {
  state_snapshot: SessionState | null;
  /** The version of the rules that it was made by; the first where there is none. */
  rules?: number | null | undefined;
};

/** The result of replaying a recorded event. */
export interface Replayed {
  /** The state to which they lead; null where they lead to none. */
  state: SessionState | null;
  /** How the record differs from it, in words; null if it does not. */
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
  const { event_type, state_snapshot: snapshot } = recorded;
  if (event_type === 'session_created') {
    const begins = snapshot?.status === 'pending' && snapshot.version === recorded.version;
    return {
      state: snapshot,
      problem: begins ? null : 'does not begin a session',
      undo: snapshot?.undo_depth === undefined ? undefined : NO_TURNS,
    };
  }
  if (before === null) return { state: null, problem: 'has no event before it' };
  if (event_type === 'session_undone' && undo === undefined) return { state: snapshot, problem: null };
  const event = applied(before, recorded, rules, undo);
  if (typeof event === 'string') return { state: null, problem: event };
  // The commit decides whether an epoch begins, by the state of Redis.
  event.state.epoch = recorded.epoch;
  if (event.state.undo_depth !== undefined && before.epoch !== recorded.epoch) event.state.undo_available = 0;
  return { state: event.state, problem: difference(event, recorded), undo: undoHistoryAfter(undo, before, event) };
}

/**
 * The state after an event that carries no snapshot, from the state before it.
 * @throws Error where the rules don't lead to what was recorded, NewerSchemaError as above
 */
export function stateAfter(before: SessionState, recorded: RecordedEvent): SessionState {
  const { state, problem } = replay(before, recorded);
  if (state === null || problem !== null) throw new Error(`version ${recorded.version} ${problem ?? ''}`);
  return state;
}

function difference(event: SessionEvent, recorded: RecordedEvent): string | null {
  const { state_snapshot: snapshot } = recorded;
  if (event.state.version !== recorded.version) return 'does not follow the version before it';
  if (snapshot !== null && canonicalJson(event.state) !== canonicalJson(snapshot)) return 'has a snapshot to which the rules do not lead';
  if (event.at !== Date.parse(recorded.timestamp)) return 'has another timestamp than the rules lead to';
  for (const field of ['participant_id', 'group_id', 'time_elapsed_ms', 'time_remaining_ms'] as const) {
    if (event[field] !== recorded[field]) return `has another ${field} than the rules lead to`;
  }
  return null;
}

function applied(before: SessionState, recorded: RecordedEvent, rules: Rules, history: UndoHistory | undefined): SessionEvent | string {
  const { state_snapshot: snapshot } = recorded;
  const at = Date.parse(recorded.timestamp);
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
    case 'session_scheduled':
      return { type: 'schedule', starts_at: (metadata['starts_at'] as string | null | undefined) ?? undefined };
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
