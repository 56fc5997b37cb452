/** How turns pass and what they are charged, for the server, which decides it, and for a client that shows a switch before it is answered. Pure. */
import { deriveTurns } from './changes.ts';
import { ruleOf } from './clock-rule.ts';
import { activeParticipant, change, findParticipant } from './rotation.ts';
import { PRESENT_RULES, type Rules } from './rules.ts';
import type { ParticipantState, SessionState } from './state.ts';
import { remaining, unsettled } from './time.ts';

/** What a settlement charged, and to whom. */
export interface Charge {
  participant_id: string | null;
  group_id: string | null;
  /** What was charged. */
  time_elapsed_ms: number;
  /** What the charged clock had left after the charge, before any increment. */
  time_remaining_ms: number | null;
}

/** Unix ms as an ISO 8601 UTC string with milliseconds. */
export function iso(at: number): string {
  if (at !== lastAt) {
    lastIso = new Date(at).toISOString();
    lastAt = at;
  }
  return lastIso;
}

/** One event names its instant several times. */
let [lastAt, lastIso] = [Number.NaN, ''];

/** A copy whose own fields may be changed freely, and its participants and groups by `change`. Free JSON is shared, since nothing here writes to it. */
export function draftOf(state: SessionState): SessionState {
  return { ...state, participants: [...state.participants], groups: [...state.groups] };
}

/** Charges everything since `cycle_started_at` once and goes on from `at`, or from there where that is later; whoever stops the clock sets `cycle_started_at` to null afterwards. */
export function settle(draft: SessionState, at: number): Charge {
  const elapsed = unsettled(draft, at);
  const active = activeParticipant(draft);
  if (draft.cycle_started_at !== null) {
    const rule = ruleOf(draft);
    if (active !== undefined) change(draft.participants, active, { time_used_ms: active.time_used_ms + elapsed });
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
  if (active !== undefined) change(draft.participants, active, { cycle_count: active.cycle_count + 1, has_gone: true });
  draft.cycle_count += 1;
}

/** Begins a cycle at `at`, with nobody's turn where there are no participants. */
export function beginCycle(draft: SessionState, next: ParticipantState | undefined, at: number): void {
  activate(draft, next);
  if (!ruleOf(draft).sessionClock) draft.cycle_time_used_ms = 0;
  // In the bank modes whoever begins has time, so nothing is forgiven here but a cycle that ran out.
  change(draft.participants, next, { has_expired: false });
  draft.cycle_started_at = iso(at);
}

/** Makes a participant the one whose turn it is, and their group with them. */
export function activate(draft: SessionState, participant: ParticipantState | undefined): void {
  draft.active_participant_id = participant?.participant_id ?? null;
  draft.active_group_id = participant?.group_id ?? null;
}

/** Fills in the fields that are functions of the rest of the state: `deadline_at`, `is_active`, `time_remaining_ms`. */
export function derive(draft: SessionState, at: number): void {
  const left = draft.cycle_started_at === null ? null : ruleOf(draft).left(draft);
  draft.deadline_at = left === null || draft.cycle_started_at === null ? null : iso(Date.parse(draft.cycle_started_at) + left);
  deriveTurns(draft, at);
}

/**
 * What a switch would make of a running session at `now` (Unix ms), before the server has said so: settled, incremented, the next one's clock running. Epoch and
 * version stay those of `state`. Null where a switch would not just pass the turn: not running, run out by then, or nobody named `next` with time left.
 */
export function predictSwitch(state: SessionState, now: number, next?: string): SessionState | null {
  const at = Math.floor(Math.max(now, Date.parse(state.updated_at)));
  if (state.status !== 'running' || (state.deadline_at !== null && at >= Date.parse(state.deadline_at))) return null;
  const draft = draftOf(state);
  settle(draft, at);
  const following = endTurnFor(draft, next);
  if (next !== undefined && (following === undefined || !ruleOf(draft).hasTime(draft, following))) return null;
  beginCycle(draft, following, at);
  draft.updated_at = iso(at);
  derive(draft, at);
  return draft;
}

/** Counts the turn that ends (the caller has settled), gives the increment and says who follows: `next`, or by default whoever the mode's rule names. */
export function endTurnFor(draft: SessionState, next?: string, rules: Rules = PRESENT_RULES): ParticipantState | undefined {
  const rule = ruleOf(draft);
  endTurn(draft);
  const following = next === undefined ? rule.successor(draft) : findParticipant(draft, next);
  rule.increment(draft, following, rules);
  // The increment may have changed their entry.
  return findParticipant(draft, following?.participant_id);
}
