import {
  adjust,
  change,
  type Clock,
  type ClockOwner,
  draftOf,
  findClock,
  findGroup,
  findParticipant,
  forfeitTurn,
  iso,
  keepClock,
  modeOf,
  runningOwner,
  settleSession,
  untilFall,
} from '#clock';
import { CLOCK_MAX_MS, CONTROL_MAX_MS, type JsonObject, type SessionState, type UndoClock } from '#contract';
import { type Adjustment, leastLeft } from './adjust.ts';
import type { Editing } from './edit.ts';
import { movesSomebody } from './edit-participants.ts';
import { endsUndo, record, type SessionEvent } from './event.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';
import { fieldsBack, goneBack, joinedFields, type ReverseFields } from './reverse.ts';

export type Undoing = { turns?: number | undefined; clock?: UndoClock | undefined };

/** The changes of a list's entries, by their ids. */
type EntriesBack = [id: string, back: ReverseFields][];

/** The reversal of everything that one turn changed. */
interface Turn {
  /** How long the turn took without pauses, ms. */
  used_ms: number;
  session: ReverseFields;
  participants: EntriesBack;
  groups: EntriesBack;
  /** Of a programme; absent where there is none. */
  items?: EntriesBack;
}

/**
 * The undo history of a session: the present turn as far as it is settled, then at most `undo_depth` turns that ended
 * before it, newest first. Adjustments, and other changes that no turn made, are not in it, so an undo keeps them.
 */
export type UndoHistory = readonly Turn[];

const UNTOUCHED: Turn = { used_ms: 0, session: {}, participants: [], groups: [] };
/** The history of a session without a turn that can be taken back. */
export const NO_TURNS: UndoHistory = [UNTOUCHED];

/** Fields that count versions, follow from other fields, or are compared entry by entry. */
const NO_TURNS_DOING = [
  'version',
  'epoch',
  'status',
  'updated_at',
  'cycle_started_at',
  'deadline_at',
  'zero_at',
  'undo_available',
  'participants',
  'groups',
  'items',
  'item_index',
  'is_active',
  'time_remaining_ms',
];
/** Of an item a turn changes everything that changes. */
const NOTHING: ReadonlySet<string> = new Set();
const STAYS: ReadonlySet<string> = new Set(NO_TURNS_DOING);
/** A clock that runs through all turns goes on through an undo. */
const STAYS_ACROSS_TURNS: ReadonlySet<string> = new Set([...NO_TURNS_DOING, 'cycle_time_used_ms', 'time_used_ms']);

/** The parts of an event that the history after it needs. */
type Happening = Pick<SessionEvent, 'event_type' | 'at' | 'state' | 'time_elapsed_ms' | 'metadata'>;

/**
 * The history after an event, from that before it; undefined where the session keeps none, or where that before it is
 * not known. It is empty after a start, an expiry, a recovery, a withdrawal or a return, at a new epoch and once the
 * session has ended.
 */
export function undoHistoryAfter(
  history: UndoHistory | undefined,
  before: SessionState | null,
  { event_type, at, state, time_elapsed_ms, metadata }: Happening,
): UndoHistory | undefined {
  if (state.undo_depth === undefined) return undefined;
  if (before === null || before.epoch !== state.epoch || endsUndo(event_type, state)) return NO_TURNS;
  if (event_type === 'session_edited' && movesSomebody((metadata as Editing).participants)) return NO_TURNS;
  const [present, ...ended] = history ?? [];
  if (present === undefined) return undefined;
  // A concurrent session has no turns.
  const elapsed = time_elapsed_ms ?? 0;
  switch (event_type) {
    case 'session_undone': {
      const { turns, clock } = metadata as { turns: number; clock: UndoClock };
      return unwind(before, [present, ...ended], turns, clock, at).history;
    }
    case 'cycle_switched':
      return [UNTOUCHED, joined(present, turnBack(before, state, elapsed)), ...ended].slice(0, 1 + state.undo_depth);
    case 'session_adjusted':
      return [joined(present, turnBack(before, withoutAdjustment(state, metadata), elapsed)), ...ended];
    case 'session_extended':
      return [joined(present, turnBack(before, withoutExtension(state, metadata), elapsed)), ...ended];
    default:
      return elapsed === 0 ? history : [joined(present, turnBack(before, settled(before, elapsed), elapsed)), ...ended];
  }
}

/**
 * Takes back the last turns at `at` (Unix ms): what they changed is again as it was when the oldest of them began, and
 * the clock runs from now. Refusals: INVALID_STATE_TRANSITION where there are fewer; VALIDATION_ERROR where the charge,
 * or adjustments since, would leave a clock without time or above its ceiling.
 */
export function takeBack(
  state: SessionState,
  { turns = 1, clock = 'restore' }: Undoing,
  at: number,
  history: UndoHistory = NO_TURNS,
): { ok: true; event: SessionEvent } | Refusal {
  const available = history.length - 1;
  if (turns > available) {
    const message = `Cannot undo: ${turns} asked for, ${available} can be taken back`;
    return refuse('INVALID_STATE_TRANSITION', message, { status: state.status, command: 'undo', available });
  }
  const { unwound, draft, charge } = unwind(state, history, turns, clock, at);
  draft.undo_available = available - turns;
  const refusal = checkClocks(state, unwound, clock === 'charge' ? 'clock' : 'turns');
  return refusal ?? { ok: true, event: record(state, draft, 'session_undone', at, charge, { turns, clock }) };
}

/**
 * A draft without its last turns, what was charged before they were taken back, and the history of that draft;
 * `unwound` is the same before its clocks went to the stages in which they have time.
 */
function unwind(state: SessionState, [present = UNTOUCHED, ...ended]: UndoHistory, turns: number, clock: UndoClock, at: number) {
  const now = draftOf(state);
  const charge = settleSession(now, at);
  const undone = [joined(present, turnBack(state, now, charge.time_elapsed_ms ?? 0)), ...ended.slice(0, turns)];
  let unwound = now;
  let goesOn = UNTOUCHED;
  for (const [index, turn] of undone.entries()) {
    unwound = backBefore(turn, unwound);
    if (clock === 'restore' || modeOf(state).acrossTurns) continue;
    const begun = unwound;
    unwound = chargedAgain(begun, turn.used_ms, at);
    // The oldest turn goes on with the time that it has used. The others show only in the clocks.
    if (index === turns) goesOn = turnBack(begun, unwound, turn.used_ms);
    else forfeit(unwound, begun);
  }
  const draft = inItsStages(state, unwound);
  // A later undo of the turn that goes on also takes back the stage that is entered now.
  return { unwound, draft, charge, history: [joined(goesOn, turnBack(unwound, draft, 0)), ...ended.slice(turns)] };
}

/**
 * A state in which each clock that is another one than before stands in the stage that it has time in: an adjustment
 * since may have left nothing of one that ends at zero.
 */
function inItsStages(before: SessionState, unwound: SessionState): SessionState {
  const draft = draftOf(unwound);
  for (const owner of ownersThatChange(before, unwound)) {
    const clock = findClock(draft, owner)?.clock;
    if (clock?.control !== undefined) keepClock(draft, owner, adjust(clock, 0));
  }
  return draft;
}

/** The state after so many ms of its running clock were settled. */
function settled(state: SessionState, elapsed: number): SessionState {
  const draft = draftOf(state);
  settleSession(draft, Date.parse(state.cycle_started_at ?? state.updated_at) + elapsed);
  return draft;
}

/** The changes of an adjustment, such as its settlement, without the time that it gave, which an undo keeps. */
function withoutAdjustment(state: SessionState, metadata: JsonObject): SessionState {
  const { participant_id, group_id, delta_ms: delta } = metadata as Adjustment;
  const draft = draftOf(state);
  const entry = findParticipant(draft, participant_id) ?? findGroup(draft, group_id);
  if (entry === undefined && modeOf(draft).counts === 'up') draft.max_time_ms = (draft.max_time_ms ?? 0) - delta;
  else if (entry === undefined) draft.cycle_time_used_ms += delta;
  else if ('participant_id' in entry) change(draft.participants, entry, { total_time_ms: (entry.total_time_ms ?? 0) - delta });
  else change(draft.groups, entry, { total_time_ms: entry.total_time_ms - delta });
  return draft;
}

/** What an extension settled, without the time that it gave: that stays. */
function withoutExtension(state: SessionState, metadata: JsonObject): SessionState {
  const draft = draftOf(state);
  const { extended_ms } = metadata as { extended_ms: number };
  if (extended_ms === 0) return draft;
  draft.cycle_time_used_ms += extended_ms;
  draft.extended_ms = (draft.extended_ms ?? 0) - extended_ms;
  draft.extension_count = (draft.extension_count ?? 0) - 1;
  return draft;
}

/** The reversal from `after` to `before` of a turn, or of a part of one, that took `used_ms`. */
function turnBack(before: SessionState, after: SessionState, used_ms: number): Turn {
  const stays = modeOf(before).acrossTurns ? STAYS_ACROSS_TURNS : STAYS;
  return {
    used_ms,
    session: fieldsBack(before, after, stays),
    participants: entriesBack(before.participants, after.participants, 'participant_id', stays),
    groups: entriesBack(before.groups, after.groups, 'group_id', stays),
    ...(before.items === undefined ? {} : { items: entriesBack(before.items, after.items ?? [], 'item_id', NOTHING) }),
  };
}

/** No turn adds an entry, takes one out, or moves one. */
function entriesBack<Id extends string, Entry extends Record<Id, string>>(
  before: readonly Entry[],
  after: readonly Entry[],
  id: Id,
  stays: ReadonlySet<string>,
): EntriesBack {
  const entries: EntriesBack = [];
  for (const [index, one] of before.entries()) {
    const then = after[index];
    if (then === undefined || then === one) continue;
    const back = fieldsBack(one, then, stays);
    if (Object.keys(back).length > 0) entries.push([one[id], back]);
  }
  return entries;
}

/** Joins the reversals of two parts of a turn. */
function joined(older: Turn, newer: Turn): Turn {
  return {
    used_ms: older.used_ms + newer.used_ms,
    session: joinedFields(older.session, newer.session),
    participants: joinedEntries(older.participants, newer.participants),
    groups: joinedEntries(older.groups, newer.groups),
    ...(older.items === undefined && newer.items === undefined ? {} : { items: joinedEntries(older.items ?? [], newer.items ?? []) }),
  };
}

function joinedEntries(older: EntriesBack, newer: EntriesBack): EntriesBack {
  const entries = new Map(newer);
  for (const [id, back] of older) entries.set(id, joinedFields(back, entries.get(id) ?? {}));
  return [...entries];
}

/** The draft as it was before a turn. */
function backBefore({ session, participants, groups, items = [] }: Turn, draft: SessionState): SessionState {
  const before: SessionState = {
    ...goneBack(draft, session),
    participants: entriesGoneBack(draft.participants, participants, 'participant_id'),
    groups: entriesGoneBack(draft.groups, groups, 'group_id'),
  };
  if (draft.items !== undefined) {
    before.items = entriesGoneBack(draft.items, items, 'item_id');
    // An edit may have moved it, or have taken it away: then nothing runs.
    before.item_index = before.items.findIndex((one) => one.status === 'running');
  }
  return before;
}

function entriesGoneBack<Id extends string, Entry extends Record<Id, string>>(
  entries: readonly Entry[],
  changed: EntriesBack,
  id: Id,
): Entry[] {
  const back = new Map(changed);
  return entries.map((one) => {
    const fields = back.get(one[id]);
    return fields === undefined ? one : goneBack(one, fields);
  });
}

/** The draft after the active owner has used so many ms again. */
function chargedAgain(before: SessionState, used: number, at: number): SessionState {
  const draft = draftOf(before);
  draft.cycle_started_at = iso(at - used);
  settleSession(draft, at);
  draft.cycle_started_at = before.cycle_started_at;
  return draft;
}

/** Ends an undone turn that stays charged; it does not count. */
function forfeit(draft: SessionState, begun: SessionState): void {
  draft.cycle_time_used_ms = begun.cycle_time_used_ms;
  const owner = runningOwner(draft);
  if (owner === undefined || owner === 'session') return;
  const [before, clock] = [findClock(begun, owner)?.clock, findClock(draft, owner)?.clock];
  // A pass within a group does not begin a turn of the clock, which began earlier.
  if (clock !== undefined && (before?.control === undefined || before.state.turn_used_ms === 0))
    keepClock(draft, owner, forfeitTurn(clock));
}

/** Refuses a state with a clock that no adjustment could leave so, or without the item that would run. */
function checkClocks(state: SessionState, draft: SessionState, field: string): Refusal | null {
  if (draft.item_index === -1)
    return invalid([{ field: 'turns', message: 'The item that ran then is no longer in the programme', code: 'not_found' }]);
  for (const owner of ownersThatChange(state, draft)) {
    const clock = findClock(draft, owner)?.clock;
    if (clock === undefined || clock.main_ms === null || mayBeLeft(draft, owner, clock)) continue;
    const whose = owner === 'session' ? 'The clock' : `The clock of ${'participant_id' in owner ? owner.participant_id : owner.group_id}`;
    const message = `${whose} would be left with ${clock.main_ms} ms, which no adjustment may leave`;
    return invalid([{ field, message, code: 'out_of_range' }]);
  }
  return null;
}

function mayBeLeft(draft: SessionState, owner: ClockOwner, clock: Clock): boolean {
  const left = untilFall(clock) ?? 1;
  const main = clock.main_ms ?? 0;
  if (clock.control !== undefined) return left >= leastLeft(draft, owner) && left <= CONTROL_MAX_MS && (main >= 0 || clock.floor_ms < 0);
  return left >= 1 && main <= ((owner === 'session' ? null : draft.max_time_ms) ?? CLOCK_MAX_MS);
}

/** The owners whose clocks may have changed. */
function ownersThatChange(state: SessionState, draft: SessionState): ClockOwner[] {
  const { owners, acrossTurns } = modeOf(draft);
  if (acrossTurns) return [];
  if (owners === 'session') return ['session'];
  if (owners === 'groups') return draft.groups.filter((one, index) => one !== state.groups[index]).map(({ group_id }) => ({ group_id }));
  return draft.participants.filter((one, index) => one !== state.participants[index]).map(({ participant_id }) => ({ participant_id }));
}
