/**
 * How turns pass and what they are charged, for the server, which decides it, and for a client that shows a switch
 * before it is answered. Pure.
 */
import type { JsonObject, ParticipantState, SessionState } from '../contract/state.ts';
import { type Clock, endTurn, isEmpty, settle } from './clock.ts';
import { chargeOf } from './control.ts';
import { derive } from './derive.ts';
import { type ClockHolder, findClock, groupClock, keepClock, participantClock, runningOwner } from './find.ts';
import { shareOf, shares } from './hourglass.ts';
import { iso } from './instants.ts';
import { modeOf } from './modes.ts';
import { hasItem, moveOn, presentItem, useItem } from './programme.ts';
import { remaining, unsettled } from './reading.ts';
import { PRESENT_RULES, type Rules } from './rules.ts';
import { asBegun } from './starts.ts';
import {
  activate,
  activeParticipant,
  change,
  findGroup,
  findParticipant,
  findPresent,
  groupsInOrder,
  leastOften,
  nextInOrder,
} from './turn-order.ts';

/** The charge of a settlement, and who was charged. */
export interface Charge extends ClockHolder {
  /** The charge, ms; null where several clocks were charged. */
  time_elapsed_ms: number | null;
  /** Time left on the charged clock after the charge, before any increment, ms. */
  time_remaining_ms: number | null;
}

/**
 * A copy whose own fields may be changed, and whose participants and groups may be changed by `change`. Free JSON is
 * shared, since nothing here writes to it.
 */
export function draftOf(state: SessionState): SessionState {
  return { ...state, participants: [...state.participants], groups: [...state.groups] };
}

/**
 * Charges the time since `cycle_started_at` once and sets that to `at` (Unix ms), unless it is later already. A caller
 * that stops the clock sets it to null afterwards.
 */
export function settleSession(draft: SessionState, at: number): Charge {
  const elapsed = unsettled(draft, at);
  if (draft.cycle_started_at !== null) {
    drain(draft, elapsed);
    const active = activeParticipant(draft);
    if (active !== undefined) change(draft.participants, active, { time_used_ms: active.time_used_ms + elapsed });
    draft.cycle_time_used_ms += elapsed;
    if (draft.items !== undefined && elapsed > 0) useItem(draft, elapsed);
    draft.cycle_started_at = iso(Math.max(at, Date.parse(draft.cycle_started_at)));
  }
  return {
    participant_id: draft.active_participant_id,
    group_id: draft.active_group_id,
    time_elapsed_ms: elapsed,
    time_remaining_ms: remaining(draft, 'session', at),
  };
}

/** Charges the bank of the active owner. The one clock of a session is charged by `cycle_time_used_ms`. */
function drain(draft: SessionState, elapsed: number): void {
  const owner = runningOwner(draft);
  if (owner === undefined || owner === 'session') return;
  const found = findClock(draft, owner);
  if (found === undefined) return;
  const settled = settle(found.clock, elapsed);
  handOn(draft, found.clock, settled);
  keepClock(draft, owner, settled);
  if (!('group_id' in owner)) return;
  const group = findGroup(draft, owner.group_id);
  if (group !== undefined) change(draft.groups, group, { time_used_ms: group.time_used_ms + elapsed });
}

/** In an hourglass, gives what the running clock used by a settlement to the others. */
function handOn(draft: SessionState, before: Clock, after: Clock): void {
  if (before.control === undefined || after.control === undefined || before.control.hourglass !== true) return;
  for (const [entry, share] of shares(draft)) {
    const received = shareOf(share, after.state.turn_used_ms) - shareOf(share, before.state.turn_used_ms);
    const values = { total_time_ms: (entry.total_time_ms ?? 0) + received };
    if ('participant_id' in entry) change(draft.participants, entry, values);
    else change(draft.groups, entry, values);
  }
}

/** Counts the turn that ends, as one that can be taken back; the caller has settled. */
export function countTurn(draft: SessionState): void {
  const active = activeParticipant(draft);
  if (active !== undefined) change(draft.participants, active, { cycle_count: active.cycle_count + 1, has_gone: true });
  draft.cycle_count += 1;
  if (draft.undo_depth !== undefined) draft.undo_available = Math.min(draft.undo_depth, (draft.undo_available ?? 0) + 1);
}

/**
 * Counts the turn that ends (the caller has settled), fills its clock again and returns who follows: `next`, by default
 * the next in order. `note` gets `charged_ms` where the charge differs from the time that the turn took.
 */
export function passTurn(
  draft: SessionState,
  next?: string,
  rules: Rules = PRESENT_RULES,
  note?: JsonObject,
): ParticipantState | undefined {
  countTurn(draft);
  const following = next === undefined ? successor(draft) : findParticipant(draft, next);
  // Nobody follows the last turn.
  fillClock(draft, cyclesAreOver(draft) ? undefined : following, rules, note);
  // The entry of `next` may have been replaced by it.
  return findParticipant(draft, following?.participant_id);
}

/** Fills the clock of the owner whose turn ends: by `increment_ms`, or as its time control says. */
function fillClock(draft: SessionState, next: ParticipantState | undefined, { incrementWithinGroup }: Rules, note?: JsonObject): void {
  const owner = runningOwner(draft);
  if (owner === undefined || owner === 'session') return;
  const clock = findClock(draft, owner)?.clock;
  if (clock === undefined) return;
  const staysInGroup = 'group_id' in owner && next?.group_id === owner.group_id;
  // Else two members of a group could pass the turn to each other and earn time without end, while no other group gets
  // a turn.
  if (staysInGroup && !(incrementWithinGroup && clock.control === undefined)) return;
  if (note !== undefined && clock.control !== undefined) {
    const charged_ms = chargeOf(clock);
    if (charged_ms !== clock.state.turn_used_ms) note['charged_ms'] = charged_ms;
  }
  keepClock(draft, owner, endTurn(clock, { increment_ms: draft.increment_ms, max_ms: draft.max_time_ms }));
}

/** The participant who follows the active one, whose turn has been counted; undefined when nobody can follow. */
export function successor(state: SessionState): ParticipantState | undefined {
  if (modeOf(state).owners !== 'groups') return nextInOrder(state, (participant) => hasTime(state, participant));
  for (const group of groupsInOrder(state)) {
    if (isEmpty(groupClock(state, group).clock)) continue;
    const members = state.participants.filter((one) => one.group_id === group.group_id && one.withdrawn !== true);
    if (members.length > 0) return leastOften(members);
  }
  return undefined;
}

/**
 * Whether a participant can begin a turn: nobody can who has withdrawn, and where participants have banks, theirs needs
 * time.
 */
export function hasTime(state: SessionState, participant: ParticipantState): boolean {
  if (participant.withdrawn === true) return false;
  const { owners } = modeOf(state);
  if (owners === 'session') return true;
  const clock = participantClock(state, participant)?.clock;
  return clock !== undefined && !isEmpty(clock);
}

/** Marks the owner of the running clock as expired. A clock that runs through all turns marks nobody. */
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

/** Begins a cycle at `at` (Unix ms), without an active participant where there are none. */
export function beginCycle(draft: SessionState, next: ParticipantState | undefined, at: number): void {
  activate(draft, next);
  if (!modeOf(draft).acrossTurns) {
    draft.cycle_time_used_ms = 0;
    if (draft.extension !== undefined) Object.assign(draft, { extended_ms: 0, extension_count: 0 });
  }
  // Where participants have banks, the one who begins has time; so this only clears the mark of a former cycle.
  change(draft.participants, next, { has_expired: false });
  draft.cycle_started_at = iso(at);
}

/** Whether a session has had all of its cycles. Call this after the cycle that ends was counted. */
export function cyclesAreOver({ max_cycles, cycle_count }: SessionState): boolean {
  return max_cycles !== undefined && cycle_count >= max_cycles;
}

/** Completes a session with a switch at `at` (Unix ms) that ended its last cycle; the caller has settled. */
export function complete(draft: SessionState, at: number): void {
  draft.status = 'completed';
  draft.cycle_started_at = null;
  draft.session_completed_at = iso(at);
  if (draft.undo_depth !== undefined) draft.undo_available = 0;
}

/**
 * Goes on in a programme at `at` (Unix ms) with the item of this id, or with the next one, and with whoever's it is;
 * the caller has settled and counted the turn. False, with all items ended, where there is none.
 */
export function beginItem(draft: SessionState, at: number, id?: string): boolean {
  if (!moveOn(draft, at, id)) return false;
  beginCycle(draft, findPresent(draft, presentItem(draft)?.participant_id), at);
  return true;
}

/**
 * Ends the turn of a programme at `at` (Unix ms), as `beginItem`; the caller has settled. After the last item of the
 * last round the session is completed.
 */
export function passItem(draft: SessionState, at: number, id?: string): void {
  countTurn(draft);
  if (!beginItem(draft, at, id)) complete(draft, at);
}

/**
 * Predicts the state after a switch at `now` (Unix ms), before the server answers: settled, incremented, the next clock
 * running. Epoch and version stay those of `state`. Null where a switch would not simply pass the turn: the session
 * does not run, its clock has run out, `next` does not exist or has no time, or there is no item `nextItem`.
 */
export function predictSwitch(state: SessionState, now: number, next?: string, nextItem?: string): SessionState | null {
  const at = Math.floor(Math.max(now, Date.parse(state.updated_at)));
  if (state.status !== 'running' || (state.deadline_at !== null && at >= Date.parse(state.deadline_at))) return null;
  const draft = draftOf(state);
  settleSession(draft, at);
  if (draft.items !== undefined) {
    if (next !== undefined || !hasItem(draft, nextItem)) return null;
    passItem(draft, at, nextItem);
  } else {
    const following = passTurn(draft, next);
    if (nextItem !== undefined || (next !== undefined && (following === undefined || !hasTime(draft, following)))) return null;
    if (cyclesAreOver(draft)) complete(draft, at);
    else beginCycle(draft, following, at);
  }
  draft.updated_at = iso(at);
  derive(draft, at);
  return draft;
}

/**
 * What becomes of a pending session whose planned start has come by `now` (Unix ms), before the server has said so:
 * its clock runs since then. Epoch and version stay those of `state`. Null where none has come.
 */
export function predictStart(state: SessionState, now: number): SessionState | null {
  const begun = asBegun(state, now);
  if (begun === state) return null;
  const draft = draftOf(begun);
  const at = Date.parse(draft.session_started_at ?? draft.updated_at);
  draft.updated_at = iso(at);
  derive(draft, at);
  return draft;
}
