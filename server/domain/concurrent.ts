/** Commands on concurrent sessions, in which every participant has a clock that runs by itself. Pure. */
import { beginAll, draftOf, goesOnAlone, instantOf, iso, moveOn, runOne, settleOne, waitsForStart } from '#clock';
import {
  type AdjustPayload,
  CLOCK_MAX_MS,
  type ClockStatus,
  CONCURRENT_MAX_MS,
  type EventType,
  type FinishPayload,
  type JsonObject,
  type ParticipantState,
  type SessionState,
} from '#contract';
import { checkStatus, hasWithdrawn, statusSaysNo } from './allowed.ts';
import { chargeOf, counted, passTogether, goOnOrEnd, isClosed, NOTHING, running, stopClocks } from './clock-set.ts';
import { addAnswer, checkAnswer } from './check-texts.ts';
import { checkCycleCount } from './cycle-guard.ts';
import type { Decision, TimerCommand } from './decide.ts';
import { edit } from './edit.ts';
import { record } from './event.ts';
import { extend } from './extend.ts';
import { stopped } from './fall.ts';
import { finishedLate } from './late-finish.ts';
import { checkNextItem } from './programme.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';
import { schedule } from './schedule.ts';
import { takeBack } from './undo.ts';

/** The payload of a finish, apart from its ids. */
export type Finish = Pick<FinishPayload, 'participant_id' | 'cycle_count' | 'answer'>;
type Switch = Extract<TimerCommand, { type: 'switch' }>;
type Adjustment = Pick<AdjustPayload, 'delta_ms' | 'participant_id' | 'group_id' | 'reason'>;

/**
 * For each command on one clock: the statuses of the clock that allow it, the status that it leads to, and its event
 * type.
 */
interface Move {
  from: readonly ClockStatus[];
  to: ClockStatus;
  event: EventType;
  /** The statuses of the session that allow the command. */
  allowed: readonly SessionState['status'][];
}

const MOVES = {
  start: { from: ['waiting'], to: 'running', event: 'participant_started', allowed: ['pending', 'running', 'paused'] },
  pause: { from: ['running'], to: 'paused', event: 'participant_paused', allowed: ['running'] },
  resume: { from: ['paused'], to: 'running', event: 'participant_resumed', allowed: ['running'] },
  finish: { from: ['waiting', 'running', 'paused'], to: 'finished', event: 'participant_finished', allowed: ['running', 'paused'] },
} as const satisfies Record<string, Move>;

/**
 * Decides a command on a concurrent session. `now`: its arrival, Unix ms, which may lie before the session's last
 * event; `at`: when it is recorded. Refusals: VALIDATION_ERROR, INVALID_STATE_TRANSITION, with `clock_status` where the
 * clock does not allow the command, PARTICIPANT_NOT_FOUND, CONFLICT for another cycle, PARTICIPANT_EXPIRED for a finish
 * that is too late.
 */
export function decideConcurrent(state: SessionState, command: TimerCommand, now: number, at: number): Decision {
  const { type } = command;
  const namesOne = (type === 'pause' || type === 'resume') && command.participant_id !== undefined;
  // These commands also depend on the status of the clock that they name.
  const looksAtClock = type === 'start' || type === 'finish' || namesOne;
  const refusal = looksAtClock ? null : checkStatus(state, command.type);
  if (refusal !== null) return refusal;
  switch (command.type) {
    case 'start':
      if (command.active_participant_id !== undefined) return fault('active_participant_id', 'In a concurrent session nobody has the turn');
      return command.participant_id === undefined ? startAll(state, at) : moveOne(state, 'start', command.participant_id, at, at);
    case 'pause':
      if (command.participant_id !== undefined) return moveOne(state, 'pause', command.participant_id, at, at);
      return { ok: true, event: stopped(state, 'paused', 'session_paused', at) };
    case 'resume':
      return command.participant_id === undefined ? resumeAll(state, at) : moveOne(state, 'resume', command.participant_id, at, at);
    case 'finish':
      return finish(state, command, now, at);
    case 'adjust':
      return adjustClocks(state, command, at);
    case 'extend':
      return extend(state, command, at);
    case 'edit':
      return edit(state, command, at);
    case 'switch':
      return switchConcurrent(state, command, at);
    case 'complete':
      return { ok: true, event: stopped(state, 'completed', 'session_completed', at) };
    case 'cancel':
      return {
        ok: true,
        event: stopped(state, 'cancelled', 'session_cancelled', at, command.reason === undefined ? {} : { reason: command.reason }),
      };
    case 'delete':
      return { ok: true, event: stopped(state, state.status, 'session_deleted', at) };
    case 'schedule':
      return schedule(state, command, at);
    case 'undo':
      return takeBack(state, command, at);
  }
}

/** Runs all clocks that wait. */
function startAll(state: SessionState, at: number): Decision {
  if (state.status !== 'pending' && !(state.status === 'running' && state.participants.some(waitsForStart)))
    return statusSaysNo(state, 'start');
  const draft = draftOf(state);
  beginAll(draft, at);
  return { ok: true, event: record(state, draft, 'session_started', at, NOTHING) };
}

/** Starts, stops, resumes or finishes the clock of one participant, charged to `chargedTo` (Unix ms). */
function moveOne(
  state: SessionState,
  name: keyof typeof MOVES,
  id: string,
  chargedTo: number,
  at: number,
  note: JsonObject = {},
): Decision {
  const { from, to, event, allowed }: Move = MOVES[name];
  if (!allowed.includes(state.status)) return statusSaysNo(state, name);
  const index = state.participants.findIndex(({ participant_id }) => participant_id === id);
  const one = state.participants[index];
  if (one === undefined) return nobody(id);
  if (one.clock_status === undefined || !from.includes(one.clock_status) || !goesOnAlone(one)) return clockSaysNo(state, one, name);
  const draft = begun(state, at);
  const settled = { ...settleOne(draft, one, chargedTo, null), clock_status: to };
  const after = to === 'running' ? running(draft, settled, at) : to === 'finished' ? { ...counted(settled), ...note } : settled;
  draft.participants[index] = after;
  const charge = chargeOf(state, draft, [after]);
  goOnOrEnd(draft, at);
  return { ok: true, event: record(state, draft, event, at, charge, note) };
}

/** A draft of a running session, which has started with its first clock. */
function begun(state: SessionState, at: number): SessionState {
  const draft = draftOf(state);
  if (draft.status === 'pending') {
    draft.status = 'running';
    if (draft.items !== undefined) moveOn(draft, at);
  }
  draft.session_started_at ??= iso(at);
  return draft;
}

/**
 * Finishes a clock for good. It is charged to the arrival of the command, also where an event of a later instant came
 * first, and never to before its clock began to run.
 */
function finish(state: SessionState, { participant_id: id, cycle_count, answer }: Finish, now: number, at: number): Decision {
  const misplaced = checkCycleCount(state, cycle_count);
  if (misplaced !== null) return misplaced;
  const tooLarge = answer === undefined ? [] : checkAnswer(state, answer);
  if (tooLarge.length > 0) return invalid(tooLarge);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  const late = one === undefined ? undefined : finishedLate(state, one, now, at, answer);
  if (late !== undefined) return late;
  const since = one?.cycle_started_at;
  const finishedAt = since == null ? now : Math.max(now, instantOf(since));
  const note = { finished_at: iso(finishedAt), ...(answer === undefined ? {} : { answer }) };
  const decision = moveOne(state, 'finish', id, finishedAt, at, note);
  if (decision.ok && answer !== undefined) addAnswer(state, decision.event.state, answer);
  return decision;
}

/** Resumes all clocks that were not paused on their own. */
function resumeAll(state: SessionState, at: number): Decision {
  const draft = draftOf(state);
  draft.status = 'running';
  draft.participants = draft.participants.map((one) => (one.clock_status === 'running' ? runOne(draft, one, at) : one));
  return { ok: true, event: record(state, draft, 'session_resumed', at, NOTHING) };
}

/** In `per_cycle` begins the next cycle for everybody; in `count_up` records the split of one participant. */
function switchConcurrent(
  state: SessionState,
  { current_participant_id: id, next_participant_id: next, next_item_id, cycle_count }: Switch,
  at: number,
): Decision {
  const { sync_mode } = state;
  if (sync_mode === 'per_participant') return fault('session_id', 'A concurrent session has no turns');
  if (next !== undefined) return fault('next_participant_id', 'In a concurrent session nobody has the turn');
  const misplaced = checkCycleCount(state, cycle_count) ?? checkNextItem(state, { next_item_id });
  if (misplaced !== null) return misplaced;
  if (sync_mode === 'per_cycle')
    return id === undefined
      ? nextCycle(state, next_item_id, at)
      : fault('current_participant_id', 'A cycle belongs to everybody, so no participant can guard it');
  if (id === undefined) return invalid([{ field: 'current_participant_id', message: 'Required: whose split it is', code: 'required' }]);
  const index = state.participants.findIndex(({ participant_id }) => participant_id === id);
  const one = state.participants[index];
  if (one === undefined) return nobody(id);
  if (one.clock_status !== 'running' || !goesOnAlone(one)) return clockSaysNo(state, one, 'switch');
  const draft = draftOf(state);
  const after = counted(settleOne(draft, one, at, at));
  draft.participants[index] = after;
  return { ok: true, event: record(state, draft, 'cycle_switched', at, chargeOf(state, draft, [after])) };
}

/** Ends the cycle for everybody and begins the next one. */
function nextCycle(state: SessionState, next_item_id: string | undefined, at: number): Decision {
  const draft = draftOf(state);
  const cut = stopClocks(draft, at);
  const charge = chargeOf(state, draft, cut);
  draft.participants = draft.participants.map((one) => (goesOnAlone(one) && one.clock_status !== 'waiting' ? counted(one) : one));
  if (draft.participants.every((one) => isClosed(draft, one, at))) return statusSaysNo(state, 'switch');
  passTogether(draft, at, next_item_id);
  return { ok: true, event: record(state, draft, 'cycle_switched', at, charge, next_item_id === undefined ? {} : { next_item_id }) };
}

/** Adds time to one clock, or to all that have not ended. */
function adjustClocks(state: SessionState, { participant_id: id, group_id, delta_ms: delta, reason }: Adjustment, at: number): Decision {
  if (group_id !== undefined) return fault('group_id', 'Names no clock in this mode');
  const named = id === undefined ? undefined : state.participants.find(({ participant_id }) => participant_id === id);
  if (id !== undefined && named === undefined) return nobody(id);
  if (named !== undefined && !goesOnAlone(named)) return clockSaysNo(state, named, 'adjust');
  const draft = draftOf(state);
  const charged: ParticipantState[] = [];
  for (const [index, one] of state.participants.entries()) {
    if (named === undefined ? !goesOnAlone(one) : one !== named) continue;
    const wasRunning = one.cycle_started_at != null;
    const settled = settleOne(draft, one, at, null);
    const wrong = adjustFault(state, settled, delta);
    if (wrong !== null) return wrong;
    const { total_time_ms: bank, given_ms } = settled;
    const given = { ...settled, given_ms: (given_ms ?? 0) + delta };
    if (state.sync_mode === 'per_participant') given.total_time_ms = (bank ?? 0) + delta;
    const after = wasRunning ? runOne(draft, given, at) : given;
    draft.participants[index] = after;
    if (wasRunning) charged.push(after);
  }
  const metadata: JsonObject = { delta_ms: delta };
  if (id !== undefined) metadata['participant_id'] = id;
  if (reason !== undefined) metadata['reason'] = reason;
  return { ok: true, event: record(state, draft, 'session_adjusted', at, chargeOf(state, draft, charged), metadata) };
}

/** The fault of adding time to a settled clock; null if there is none. */
function adjustFault(state: SessionState, one: ParticipantState, delta: number): Refusal | null {
  const { participant_id, given_ms = null, time_used_ms, cycle_time_used_ms = time_used_ms } = one;
  if (given_ms === null) return fault('delta_ms', 'This stopwatch has no ceiling to move');
  const left = given_ms + delta - cycle_time_used_ms;
  const mayGrowTo = state.sync_mode === 'per_participant' ? state.max_time_ms : null;
  const most = mayGrowTo ?? Math.max(CLOCK_MAX_MS, Math.min(given_ms, CONCURRENT_MAX_MS));
  const least = 1 - (state.overrun_ms ?? 0);
  if (left >= least && left <= most) return null;
  const message = `Must leave ${least} to ${most} ms on the clock of ${participant_id}, not ${left}`;
  return invalid([{ field: 'delta_ms', message, code: 'out_of_range' }]);
}

/** Refuses a command that the status of a participant's clock does not allow. */
export function clockSaysNo(state: SessionState, one: ParticipantState, command: TimerCommand['type']): Refusal {
  const { participant_id, clock_status = 'waiting' } = one;
  if (one.withdrawn === true) return hasWithdrawn(state, one, command);
  const { status } = state;
  if (one.sits_out === true) {
    const message = `Cannot ${command}: ${participant_id} joined within this cycle and begins with the next one`;
    return refuse('INVALID_STATE_TRANSITION', message, { status, clock_status, command });
  }
  const message = `Cannot ${command}: the clock of ${participant_id} is ${clock_status}`;
  return refuse('INVALID_STATE_TRANSITION', message, { status, clock_status, command });
}

function nobody(id: string): Refusal {
  return refuse('PARTICIPANT_NOT_FOUND', `No participant ${id} in this session`);
}

function fault(field: string, message: string): Refusal {
  return invalid([{ field, message, code: 'unsupported' }]);
}
