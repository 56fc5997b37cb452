import {
  begin,
  beginCycle,
  type Charge,
  complete,
  cyclesAreOver,
  draftOf,
  endItem,
  findParticipant,
  firstInOrder,
  hasTime,
  iso,
  passItem,
  passTurn,
  PRESENT_RULES,
  type Rules,
  settleSession,
} from '#clock';
import type { JsonObject, JsonValue, SessionState, SwitchPayload } from '#contract';
import { adjust, type Adjustment } from './adjust.ts';
import { checkStatus, hasWithdrawn } from './allowed.ts';
import { decideConcurrent, type Finish } from './concurrent.ts';
import { checkCycleCount } from './cycle-guard.ts';
import { record, type SessionEvent } from './event.ts';
import { extend, type Extending } from './extend.ts';
import { edit, type Editing } from './edit.ts';
import { checkBeginner, checkNextItem } from './programme.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';
import { schedule, type Scheduling } from './schedule.ts';
import { takeBack, type UndoHistory, type Undoing } from './undo.ts';

/** A command that changes an existing session. */
export type TimerCommand =
  | { type: 'start'; active_participant_id?: string | undefined; participant_id?: string | undefined }
  | ({ type: 'switch' } & Switching)
  | { type: 'pause'; participant_id?: string | undefined }
  | { type: 'resume'; participant_id?: string | undefined }
  | ({ type: 'finish' } & Finish)
  | ({ type: 'undo' } & Undoing)
  | ({ type: 'adjust' } & Adjustment)
  | ({ type: 'extend' } & Extending)
  | ({ type: 'schedule' } & Scheduling)
  | ({ type: 'edit' } & Editing)
  | { type: 'complete'; outcome?: JsonValue | undefined }
  | { type: 'cancel'; reason?: string | undefined }
  | { type: 'delete' };

/** What a switch may say: whose turn or which cycle it is to end, and who or which item of a programme follows. */
export type Switching = Pick<SwitchPayload, 'current_participant_id' | 'next_participant_id' | 'next_item_id' | 'cycle_count'>;

type CommandOf<Type extends TimerCommand['type']> = Extract<TimerCommand, { type: Type }>;

/** What a command does, judged at one instant. */
export type Decision = { ok: true; event: SessionEvent } | Refusal;

export interface DecideOptions {
  /** The present rules, unless an event is replayed that was made by others. */
  rules?: Rules;
  /** The event's metadata beside those of the command itself: the sender and the command_id. */
  note?: JsonObject;
  /** The session's undo history; undefined where it keeps none. */
  history?: UndoHistory | undefined;
}

/**
 * Decides one command at `now` (Unix ms). Pure: the state handed in is never changed. The event is complete but for its
 * epoch, which the commit may raise. Refusals: INVALID_STATE_TRANSITION, PARTICIPANT_NOT_FOUND, NOT_ACTIVE_PARTICIPANT,
 * PARTICIPANT_EXPIRED, in the contract's order, CONFLICT for another cycle than was meant, and what `adjust`, `extend`,
 * `schedule` and `takeBack` refuse.
 */
export function decide(state: SessionState, command: TimerCommand, now: number, options: DecideOptions = {}): Decision {
  const decision = judge(state, command, now, options);
  if (!decision.ok) return decision;
  Object.assign(decision.event.metadata, options.note);
  if (command.type === 'complete' && command.outcome !== undefined) {
    decision.event.state.outcome = command.outcome;
    // In the event, too, so that one in a snapshot can be checked against it.
    decision.event.metadata['outcome'] = command.outcome;
  }
  return decision;
}

function judge(state: SessionState, command: TimerCommand, now: number, { rules = PRESENT_RULES, history }: DecideOptions): Decision {
  // Time never runs backwards within a session, whatever an instance's clock says.
  const at = Math.max(now, Date.parse(state.updated_at));
  if (state.concurrent === true) return decideConcurrent(state, command, now, at);
  const refusal = checkStatus(state, command.type);
  if (refusal !== null) return refusal;
  switch (command.type) {
    case 'start':
      return command.participant_id === undefined ? start(state, command, at) : hasNoClockOfTheirOwn();
    case 'switch':
      return switchTurn(state, command, at, rules);
    case 'pause':
      return command.participant_id === undefined ? stopClock(state, 'paused', 'session_paused', at) : hasNoClockOfTheirOwn();
    case 'resume':
      return command.participant_id === undefined ? resume(state, at) : hasNoClockOfTheirOwn();
    case 'finish':
      return hasNoClockOfTheirOwn();
    case 'undo':
      return takeBack(state, command, at, history);
    case 'adjust':
      return adjust(state, command, at);
    case 'extend':
      return extend(state, command, at);
    case 'schedule':
      return schedule(state, command, at);
    case 'edit':
      return edit(state, command, at);
    case 'complete':
      return stopClock(state, 'completed', 'session_completed', at);
    case 'cancel':
      return stopClock(state, 'cancelled', 'session_cancelled', at, command.reason === undefined ? {} : { reason: command.reason });
    case 'delete':
      return remove(state, at);
  }
}

function start(state: SessionState, command: CommandOf<'start'>, at: number): Decision {
  const draft = draftOf(state);
  const misled = checkBeginner(state, command.active_participant_id);
  if (misled !== null) return misled;
  const named = command.active_participant_id ?? state.active_participant_id;
  const first = named === null ? firstInOrder(draft) : findParticipant(draft, named);
  if (named !== null && first === undefined) return noParticipant(named);
  if (first?.withdrawn === true) return hasWithdrawn(state, first, 'start');
  begin(draft, first, at);
  return happened(record(state, draft, 'session_started', at, settleSession(draft, at)));
}

function switchTurn(state: SessionState, command: CommandOf<'switch'>, at: number, rules: Rules): Decision {
  const misplaced = checkCycleCount(state, command.cycle_count) ?? checkGuard(state, command.current_participant_id);
  if (misplaced !== null) return misplaced;
  const draft = draftOf(state);
  const charge = settleSession(draft, at);
  const named = command.next_participant_id;
  const metadata: JsonObject = {};
  const misled = checkNextItem(state, command);
  if (misled !== null) return misled;
  if (state.items !== undefined) {
    if (command.next_item_id !== undefined) metadata['next_item_id'] = command.next_item_id;
    passItem(draft, at, command.next_item_id);
    return happened(record(state, draft, 'cycle_switched', at, charge, metadata));
  }
  const next = passTurn(draft, named, rules, metadata);
  if (named !== undefined) {
    if (next === undefined) return noParticipant(named);
    if (next.withdrawn === true) return hasWithdrawn(state, next, 'switch');
    if (!hasTime(draft, next)) return refuse('PARTICIPANT_EXPIRED', `${named} has no time left`);
  }
  if (cyclesAreOver(draft)) complete(draft, at);
  else beginCycle(draft, next, at);
  return happened(record(state, draft, 'cycle_switched', at, charge, metadata));
}

/**
 * The guard of a switch: refuses unless `current` is the active participant. Refusals: PARTICIPANT_NOT_FOUND,
 * NOT_ACTIVE_PARTICIPANT.
 */
export function checkGuard(state: SessionState, current: string | undefined): Refusal | null {
  if (current === undefined || current === state.active_participant_id) return null;
  if (findParticipant(state, current) === undefined) return noParticipant(current);
  return refuse('NOT_ACTIVE_PARTICIPANT', `${current} is not the active participant`, {
    active_participant_id: state.active_participant_id,
    state,
  });
}

function resume(state: SessionState, at: number): Decision {
  const draft = draftOf(state);
  draft.status = 'running';
  draft.cycle_started_at = iso(at);
  return happened(record(state, draft, 'session_resumed', at, settleSession(draft, at)));
}

/**
 * Pausing, completing and cancelling settle and stop the clock; a session that has ended already keeps the instant of
 * its end.
 */
function stopClock(
  state: SessionState,
  status: 'paused' | 'completed' | 'cancelled',
  eventType: 'session_paused' | 'session_completed' | 'session_cancelled',
  at: number,
  metadata: JsonObject = {},
): Decision {
  const draft = draftOf(state);
  const charge: Charge = settleSession(draft, at);
  draft.status = status;
  draft.cycle_started_at = null;
  if (status !== 'paused') {
    endItem(draft, at);
    draft.session_completed_at ??= iso(at);
  }
  return happened(record(state, draft, eventType, at, charge, metadata));
}

function remove(state: SessionState, at: number): Decision {
  const draft = draftOf(state);
  return happened(record(state, draft, 'session_deleted', at, settleSession(draft, at)));
}

function hasNoClockOfTheirOwn(): Refusal {
  const message = 'Only in a concurrent session has a participant a clock that runs by itself';
  return invalid([{ field: 'participant_id', message, code: 'unsupported' }]);
}

function happened(event: SessionEvent): Decision {
  return { ok: true, event };
}

function noParticipant(id: string): Refusal {
  return refuse('PARTICIPANT_NOT_FOUND', `No participant ${id} in this session`);
}
