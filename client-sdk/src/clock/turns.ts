/**
 * How turns pass and what they are charged, for the server, which decides it, and for a client that shows a switch
 * before it is answered. Pure.
 */
import type { ParticipantState, SessionState } from '../contract/state.ts';
import { endTurn, settle } from './clock.ts';
import { derive } from './derive.ts';
import { type ClockHolder, findClock, keepClock, participantClock, runningOwner } from './find.ts';
import { iso } from './instants.ts';
import { modeOf } from './modes.ts';
import { remaining, unsettled } from './reading.ts';
import { PRESENT_RULES, type Rules } from './rules.ts';
import { activeParticipant, change, findGroup, findParticipant, groupsInOrder, leastOften, nextInOrder } from './turn-order.ts';

/** What a settlement charged, and to whom. */
export interface Charge extends ClockHolder {
  /** What was charged, ms. */
  time_elapsed_ms: number;
  /** What the charged clock had left after the charge, before any increment, ms. */
  time_remaining_ms: number | null;
}

/**
 * A copy whose own fields may be changed freely, and its participants and groups by `change`. Free JSON is shared,
 * since nothing here writes to it.
 */
export function draftOf(state: SessionState): SessionState {
  return { ...state, participants: [...state.participants], groups: [...state.groups] };
}

/**
 * Charges everything since `cycle_started_at` once and goes on from `at` (Unix ms), or from there where that is later;
 * whoever stops the clock sets `cycle_started_at` to null afterwards.
 */
export function settleSession(draft: SessionState, at: number): Charge {
  const elapsed = unsettled(draft, at);
  if (draft.cycle_started_at !== null) {
    drain(draft, elapsed);
    const active = activeParticipant(draft);
    if (active !== undefined) change(draft.participants, active, { time_used_ms: active.time_used_ms + elapsed });
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

/** Charges the bank of whoever's turn it is. The one clock of a session is charged by `cycle_time_used_ms`. */
function drain(draft: SessionState, elapsed: number): void {
  const owner = runningOwner(draft);
  if (owner === undefined || owner === 'session') return;
  const found = findClock(draft, owner);
  if (found === undefined) return;
  keepClock(draft, owner, settle(found.clock, elapsed));
  if (!('group_id' in owner)) return;
  const group = findGroup(draft, owner.group_id);
  if (group !== undefined) change(draft.groups, group, { time_used_ms: group.time_used_ms + elapsed });
}

/** Counts the turn that ends; the caller has settled. */
export function countTurn(draft: SessionState): void {
  const active = activeParticipant(draft);
  if (active !== undefined) change(draft.participants, active, { cycle_count: active.cycle_count + 1, has_gone: true });
  draft.cycle_count += 1;
}

/**
 * Counts the turn that ends (the caller has settled), gives the increment and says who follows: `next`, or by default
 * whoever is next in order.
 */
export function passTurn(draft: SessionState, next?: string, rules: Rules = PRESENT_RULES): ParticipantState | undefined {
  countTurn(draft);
  const following = next === undefined ? successor(draft) : findParticipant(draft, next);
  giveIncrement(draft, following, rules);
  // The increment may have changed their entry.
  return findParticipant(draft, following?.participant_id);
}

/** Fills the bank of whoever's turn ends, by `increment_ms`. */
function giveIncrement(draft: SessionState, next: ParticipantState | undefined, { incrementWithinGroup }: Rules): void {
  const owner = runningOwner(draft);
  if (owner === undefined || owner === 'session') return;
  // Else two members would pass the turn to each other and earn time without end, and the others never get their turn.
  if ('group_id' in owner && next?.group_id === owner.group_id && !incrementWithinGroup) return;
  const found = findClock(draft, owner);
  if (found === undefined) return;
  keepClock(draft, owner, endTurn(found.clock, { increment_ms: draft.increment_ms, max_ms: draft.max_time_ms }));
}

/** Whose turn comes after the active one's, whose turn has been counted; undefined when nobody can follow. */
export function successor(state: SessionState): ParticipantState | undefined {
  if (modeOf(state).owners !== 'groups') return nextInOrder(state, (participant) => hasTime(state, participant));
  const next = groupsInOrder(state).find((group) => group.total_time_ms > 0);
  return next && leastOften(state.participants.filter((participant) => participant.group_id === next.group_id));
}

/** Whether a participant could begin a turn: whoever has a bank needs time in it. */
export function hasTime(state: SessionState, participant: ParticipantState): boolean {
  const { owners } = modeOf(state);
  if (owners === 'session') return true;
  const clock = participantClock(state, participant)?.clock;
  return clock !== undefined && (clock.main_ms ?? 0) > clock.floor_ms;
}

/**
 * Notes on the active one's clock that it ran out. A clock that runs through all turns is nobody's, so nobody has
 * expired.
 */
export function markExpired(draft: SessionState): void {
  const { owners, acrossTurns } = modeOf(draft);
  if (acrossTurns) return;
  if (owners !== 'groups') return change(draft.participants, activeParticipant(draft), { has_expired: true });
  const group = findGroup(draft, draft.active_group_id);
  if (group === undefined) return;
  change(draft.groups, group, { has_expired: true });
  draft.participants = draft.participants.map((one) =>
    one.group_id === group.group_id ? Object.assign({}, one, { has_expired: true }) : one,
  );
}

/** Begins a cycle at `at`, with nobody's turn where there are no participants. */
export function beginCycle(draft: SessionState, next: ParticipantState | undefined, at: number): void {
  activate(draft, next);
  if (!modeOf(draft).acrossTurns) draft.cycle_time_used_ms = 0;
  // In the bank modes whoever begins has time, so nothing is forgiven here but a cycle that ran out.
  change(draft.participants, next, { has_expired: false });
  draft.cycle_started_at = iso(at);
}

/** Makes a participant the one whose turn it is, and their group with them. */
export function activate(draft: SessionState, participant: ParticipantState | undefined): void {
  draft.active_participant_id = participant?.participant_id ?? null;
  draft.active_group_id = participant?.group_id ?? null;
}

/**
 * What a switch would make of a running session at `now` (Unix ms), before the server has said so: settled,
 * incremented, the next one's clock running. Epoch and version stay those of `state`. Null where a switch would not
 * just pass the turn: not running, run out by then, or nobody named `next` with time left.
 */
export function predictSwitch(state: SessionState, now: number, next?: string): SessionState | null {
  const at = Math.floor(Math.max(now, Date.parse(state.updated_at)));
  if (state.status !== 'running' || (state.deadline_at !== null && at >= Date.parse(state.deadline_at))) return null;
  const draft = draftOf(state);
  settleSession(draft, at);
  const following = passTurn(draft, next);
  if (next !== undefined && (following === undefined || !hasTime(draft, following))) return null;
  beginCycle(draft, following, at);
  draft.updated_at = iso(at);
  derive(draft, at);
  return draft;
}
