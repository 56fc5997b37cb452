import {
  type EventType,
  type JsonObject,
  type ParticipantState,
  remaining,
  remainingOfParticipant,
  type SessionState,
  unsettled,
} from '#contract';
import { type ClockHolder, ruleOf } from './clock-rule.ts';
import { activeParticipant } from './rotation.ts';

/** Something that happened to a session: one version, one row of the trail. */
export interface SessionEvent {
  event_type: EventType;
  /** Unix ms at which it happened. */
  at: number;
  participant_id: string | null;
  group_id: string | null;
  /** What was charged. */
  time_elapsed_ms: number;
  /** What the charged clock had left after the charge, before any increment. */
  time_remaining_ms: number | null;
  metadata: JsonObject;
  /** Whose clock ran out; only where one did. */
  expired?: ClockHolder;
  /** The state after it. */
  state: SessionState;
}

/** What a settlement charged, and to whom. */
export type Charge = Pick<SessionEvent, 'participant_id' | 'group_id' | 'time_elapsed_ms' | 'time_remaining_ms'>;

/** Unix ms as an ISO 8601 UTC string with milliseconds. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A copy that may be changed freely. Free JSON is shared, since nothing here writes to it. */
export function draftOf(state: SessionState): SessionState {
  return {
    ...state,
    participants: state.participants.map((participant) => ({ ...participant })),
    groups: state.groups.map((group) => ({ ...group })),
  };
}

/** Charges everything since `cycle_started_at` once and goes on from `at`, or from there where that is later; whoever stops the clock sets `cycle_started_at` to null afterwards. */
export function settle(draft: SessionState, at: number): Charge {
  const elapsed = unsettled(draft, at);
  const active = activeParticipant(draft);
  if (draft.cycle_started_at !== null) {
    const rule = ruleOf(draft);
    if (active !== undefined) active.time_used_ms += elapsed;
    rule.charge(draft, elapsed);
    draft.cycle_time_used_ms += elapsed;
    draft.cycle_started_at = iso(Math.max(at, Date.parse(draft.cycle_started_at)));
  }
  return {
    participant_id: draft.active_participant_id,
    group_id: draft.active_group_id,
    time_elapsed_ms: elapsed,
    time_remaining_ms: remaining(draft, 'session', at),
  };
}

/** Counts the turn that ends; the caller has settled. */
export function endTurn(draft: SessionState): void {
  const active = activeParticipant(draft);
  if (active !== undefined) {
    active.cycle_count += 1;
    active.has_gone = true;
  }
  draft.cycle_count += 1;
}

/** Begins a cycle at `at`, with nobody's turn where there are no participants. */
export function beginCycle(draft: SessionState, next: ParticipantState | undefined, at: number): void {
  activate(draft, next);
  if (!ruleOf(draft).sessionClock) draft.cycle_time_used_ms = 0;
  // In the bank modes whoever begins has time, so nothing is forgiven here but a cycle that ran out.
  if (next !== undefined) next.has_expired = false;
  draft.cycle_started_at = iso(at);
}

/** Makes a participant the one whose turn it is, and their group with them. */
export function activate(draft: SessionState, participant: ParticipantState | undefined): void {
  draft.active_participant_id = participant?.participant_id ?? null;
  draft.active_group_id = participant?.group_id ?? null;
}

/** Completes a draft into an event: next version, `updated_at`, and every field that follows from the others. */
export function record(draft: SessionState, event_type: EventType, at: number, charge: Charge, metadata: JsonObject = {}): SessionEvent {
  draft.version += 1;
  draft.updated_at = iso(at);
  derive(draft, at);
  return { event_type, at, ...charge, metadata, state: draft };
}

/** Fills in the fields that are functions of the rest of the state: `deadline_at`, `is_active`, `time_remaining_ms`. */
export function derive(draft: SessionState, at: number): void {
  const left = draft.cycle_started_at === null ? null : ruleOf(draft).left(draft);
  draft.deadline_at = left === null || draft.cycle_started_at === null ? null : iso(Date.parse(draft.cycle_started_at) + left);
  const turnIsOn = draft.status === 'running' || draft.status === 'paused';
  for (const participant of draft.participants) {
    participant.is_active = turnIsOn && participant.participant_id === draft.active_participant_id;
    participant.time_remaining_ms = remainingOfParticipant(draft, participant, at);
  }
  for (const group of draft.groups) group.is_active = turnIsOn && group.group_id === draft.active_group_id;
}
