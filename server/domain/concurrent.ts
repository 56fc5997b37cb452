/** Commands and expiries of concurrent sessions, in which every participant has a clock that runs by itself. Pure. */
import { type Charge, draftOf, goesOnAlone, instantOf, iso, runOne, settleOne } from '#clock';
import {
  type AdjustPayload,
  CLOCK_MAX_MS,
  type ClockStatus,
  type EventType,
  type FinishPayload,
  type JsonObject,
  type ParticipantState,
  type SessionState,
} from '#contract';
import { checkStatus, statusSaysNo } from './allowed.ts';
import type { Decision, TimerCommand } from './decide.ts';
import { record, type SessionEvent } from './event.ts';
import type { Outage } from './outage.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';
import { takeBack } from './undo.ts';

/** What a finish is sent with. In the trail it says by `finished_at` when it had arrived. */
export type Finish = Pick<FinishPayload, 'participant_id' | 'cycle_count'>;
type Adjustment = Pick<AdjustPayload, 'delta_ms' | 'participant_id' | 'group_id' | 'reason'>;

/** What a command on one clock may find it doing, what it makes of it, and how that is called in the trail. */
interface Move {
  from: readonly ClockStatus[];
  to: ClockStatus;
  event: EventType;
}

const MOVES = {
  start: { from: ['waiting'], to: 'running', event: 'participant_started' },
  pause: { from: ['running'], to: 'paused', event: 'participant_paused' },
  resume: { from: ['paused'], to: 'running', event: 'participant_resumed' },
  finish: { from: ['waiting', 'running', 'paused'], to: 'finished', event: 'participant_finished' },
} as const satisfies Record<string, Move>;
type MoveName = keyof typeof MOVES;

/** In which statuses of the session a command on one clock is allowed. */
const ONE_ALLOWED: Record<MoveName, readonly SessionState['status'][]> = {
  start: ['pending', 'running', 'paused'],
  pause: ['running'],
  resume: ['running'],
  finish: ['running', 'paused'],
};

/**
 * Decides a command on a concurrent session. `now`: its arrival, Unix ms, which may lie before the session's last
 * event; `at`: when it is recorded.
 * Refusals: VALIDATION_ERROR, INVALID_STATE_TRANSITION with the `clock_status` where it is the clock that does not
 * allow it, PARTICIPANT_NOT_FOUND, CONFLICT for a finish of another cycle.
 */
export function decideConcurrent(state: SessionState, command: TimerCommand, now: number, at: number): Decision {
  // These go by the status of the clock that they name, too.
  const { participant_id: named } = command as { participant_id?: string };
  const looksAtClock = command.type === 'start' || (named !== undefined && command.type !== 'adjust');
  const refusal = looksAtClock ? null : checkStatus(state, command.type);
  if (refusal !== null) return refusal;
  switch (command.type) {
    case 'start':
      if (command.active_participant_id !== undefined) return fault('active_participant_id', 'In a concurrent session nobody has the turn');
      return command.participant_id === undefined ? startAll(state, at) : moveOne(state, 'start', command.participant_id, at, at);
    case 'pause':
    case 'resume':
      if (command.participant_id !== undefined) return moveOne(state, command.type, command.participant_id, at, at);
      return command.type === 'pause' ? stopAll(state, 'paused', 'session_paused', at) : resumeAll(state, at);
    case 'finish':
      return finish(state, command, now, at);
    case 'adjust':
      return adjustClocks(state, command, at);
    case 'switch':
      return fault('session_id', 'A concurrent session has no turns');
    case 'complete':
      return stopAll(state, 'completed', 'session_completed', at);
    case 'cancel':
      return stopAll(state, 'cancelled', 'session_cancelled', at, command.reason === undefined ? {} : { reason: command.reason });
    case 'delete':
      return stopAll(state, state.status, 'session_deleted', at);
    case 'undo':
      return takeBack(state, command, at);
  }
}

/** Runs all clocks that wait. */
function startAll(state: SessionState, at: number): Decision {
  const waits = ({ clock_status }: ParticipantState) => clock_status === 'waiting';
  if (state.status !== 'pending' && !(state.status === 'running' && state.participants.some(waits))) return statusSaysNo(state, 'start');
  const draft = begun(state, at);
  draft.participants = draft.participants.map((one) => (waits(one) ? running(draft, one, at) : one));
  return happened(record(state, draft, 'session_started', at, NOTHING));
}

/** Starts, stops, resumes or finishes the clock of one participant, charged to `chargedTo` (Unix ms). */
function moveOne(state: SessionState, name: MoveName, id: string, chargedTo: number, at: number): Decision {
  if (!ONE_ALLOWED[name].includes(state.status)) return statusSaysNo(state, name);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  if (one === undefined) return nobody(id);
  const { from, to, event }: Move = MOVES[name];
  if (one.clock_status === undefined || !from.includes(one.clock_status)) return clockSaysNo(state, one, name);
  const draft = begun(state, at);
  const settled = { ...settleOne(draft, one, chargedTo, null), clock_status: to };
  const after = to === 'running' ? running(draft, settled, at) : settled;
  const metadata: JsonObject = {};
  if (to === 'finished') {
    Object.assign(after, ended(after), { finished_at: iso(chargedTo) });
    metadata['finished_at'] = iso(chargedTo);
  }
  draft.participants[state.participants.indexOf(one)] = after;
  endIfOver(draft, at);
  return happened(record(state, draft, event, at, chargeOf(state, draft, [after]), metadata));
}

/** A participant whose clock runs, now or from the resume of a session that is paused. */
function running(draft: SessionState, one: ParticipantState, at: number): ParticipantState {
  return { ...runOne(draft, one, draft.status === 'paused' ? null : at), clock_status: 'running' };
}

/** A draft of a session that runs: with its first clock it has started. */
function begun(state: SessionState, at: number): SessionState {
  const draft = draftOf(state);
  if (draft.status === 'pending') draft.status = 'running';
  draft.session_started_at ??= iso(at);
  return draft;
}

/**
 * Finishes a clock for good. It is charged to the arrival of the command, also where an event of a later instant came
 * first, and never to before its clock began to run.
 */
function finish(state: SessionState, { participant_id: id, cycle_count: cycle }: Finish, now: number, at: number): Decision {
  if (cycle !== undefined && cycle !== state.cycle_count) {
    const { version } = state;
    const message = `Cycle ${cycle} has ended`;
    return refuse('CONFLICT', message, { expected_version: version, actual_version: version, state });
  }
  const since = state.participants.find(({ participant_id }) => participant_id === id)?.cycle_started_at;
  return moveOne(state, 'finish', id, since == null ? now : Math.max(now, instantOf(since)), at);
}

/** Lets all clocks go on that were not paused by themselves. */
function resumeAll(state: SessionState, at: number): Decision {
  const draft = draftOf(state);
  draft.status = 'running';
  draft.participants = draft.participants.map((one) => (one.clock_status === 'running' ? runOne(draft, one, at) : one));
  return happened(record(state, draft, 'session_resumed', at, NOTHING));
}

/** Settles and stops all clocks; each stays what it was for when the session goes on. */
function stopAll(state: SessionState, status: SessionState['status'], type: EventType, at: number, metadata: JsonObject = {}): Decision {
  return happened(stopped(state, status, type, at, metadata));
}

function stopped(state: SessionState, status: SessionState['status'], type: EventType, at: number, metadata: JsonObject): SessionEvent {
  const draft = draftOf(state);
  const ran = stopClocks(draft, at);
  draft.status = status;
  if (status === 'completed' || status === 'cancelled') draft.session_completed_at ??= iso(at);
  return record(state, draft, type, at, chargeOf(state, draft, ran), metadata);
}

/** Settles and stops all clocks of a draft; returns those that ran. */
function stopClocks(draft: SessionState, at: number): ParticipantState[] {
  const ran: ParticipantState[] = [];
  for (const [index, one] of draft.participants.entries()) {
    if (one.cycle_started_at == null) continue;
    const settled = settleOne(draft, one, at, null);
    draft.participants[index] = settled;
    ran.push(settled);
  }
  return ran;
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
    const { total_time_ms: bank, given_ms = null } = settled;
    const left = (given_ms ?? 0) + delta - settled.time_used_ms;
    const most = draft.max_time_ms ?? CLOCK_MAX_MS;
    if (left < 1 || left > most) {
      const message = `Must leave 1 to ${most} ms on the clock of ${one.participant_id}, not ${left}`;
      return invalid([{ field: 'delta_ms', message, code: 'out_of_range' }]);
    }
    const given = { ...settled, given_ms: (given_ms ?? 0) + delta, total_time_ms: bank === null ? null : bank + delta };
    const after = wasRunning ? runOne(draft, given, at) : given;
    draft.participants[index] = after;
    if (wasRunning) charged.push(after);
  }
  const metadata: JsonObject = { delta_ms: delta };
  if (id !== undefined) metadata['participant_id'] = id;
  if (reason !== undefined) metadata['reason'] = reason;
  return happened(record(state, draft, 'session_adjusted', at, chargeOf(state, draft, charged), metadata));
}

/** All clocks that fall at the session's deadline, as one event as of that instant. */
export function expireConcurrent(state: SessionState): SessionEvent {
  const { deadline_at } = state;
  const at = Math.max(Date.parse(deadline_at ?? state.updated_at), Date.parse(state.updated_at));
  const draft = draftOf(state);
  const fallen: ParticipantState[] = [];
  for (const [index, one] of draft.participants.entries()) {
    if (one.deadline_at == null || one.deadline_at !== deadline_at) continue;
    const after: ParticipantState = { ...settleOne(draft, one, at, null), clock_status: 'expired', has_expired: true, expired_at: iso(at) };
    Object.assign(after, ended(after));
    draft.participants[index] = after;
    fallen.push(after);
  }
  const charge = chargeOf(state, draft, fallen);
  const action = draft.action_on_timeout;
  if (action?.type === 'end_session') {
    stopClocks(draft, at);
    end(draft, 'expired', at);
  } else endIfOver(draft, at);
  const metadata: JsonObject = { participant_ids: fallen.map(({ participant_id }) => participant_id) };
  if (action !== null) metadata['action_applied'] = action;
  const event = record(state, draft, 'participant_expired', at, charge, metadata);
  return { ...event, expired: { participant_id: charge.participant_id, group_id: null } };
}

/** As `takeIntoAccount`, for a concurrent session. */
export function takeIntoAccountConcurrent(state: SessionState, { from, to }: Outage): SessionEvent {
  const metadata = { outage: { from: iso(from), to: iso(to) } };
  if (state.outage_policy === 'pause') return stopped(state, 'paused', 'session_paused', from, { ...metadata, reason: 'outage' });
  const draft = draftOf(state);
  draft.participants = draft.participants.map((one) =>
    one.cycle_started_at == null ? one : runOne(draft, one, instantOf(one.cycle_started_at) + (to - from)),
  );
  return record(state, draft, 'session_credited', to, NOTHING, { ...metadata, credited_ms: to - from });
}

/** Counts a clock that has ended. */
function ended({ cycle_count }: ParticipantState): Partial<ParticipantState> {
  return { cycle_count: cycle_count + 1, has_gone: true };
}

/** Ends a session in which no clock goes on: it is completed if somebody has finished. */
function endIfOver(draft: SessionState, at: number): void {
  if (draft.participants.some(goesOnAlone)) return;
  end(draft, draft.participants.some(({ clock_status }) => clock_status === 'finished') ? 'completed' : 'expired', at);
}

function end(draft: SessionState, status: 'completed' | 'expired', at: number): void {
  draft.status = status;
  draft.session_completed_at ??= iso(at);
}

const NOTHING: Charge = { participant_id: null, group_id: null, time_elapsed_ms: 0, time_remaining_ms: null };

/** What an event charged: to one clock, or to several, each of which tells by itself what it has used. */
function chargeOf(before: SessionState, draft: SessionState, charged: readonly ParticipantState[]): Charge {
  const [one, ...others] = charged;
  if (one === undefined) return NOTHING;
  if (others.length > 0) return { ...NOTHING, time_elapsed_ms: null };
  const { participant_id, time_used_ms, given_ms = null } = one;
  const used = before.participants[draft.participants.indexOf(one)]?.time_used_ms ?? 0;
  const time_remaining_ms = given_ms === null ? null : given_ms - time_used_ms;
  return { participant_id, group_id: null, time_elapsed_ms: time_used_ms - used, time_remaining_ms };
}

function happened(event: SessionEvent): Decision {
  return { ok: true, event };
}

function clockSaysNo({ status }: SessionState, { participant_id, clock_status = 'waiting' }: ParticipantState, command: string): Refusal {
  const message = `Cannot ${command}: the clock of ${participant_id} is ${clock_status}`;
  return refuse('INVALID_STATE_TRANSITION', message, { status, clock_status, command });
}

function nobody(id: string): Refusal {
  return refuse('PARTICIPANT_NOT_FOUND', `No participant ${id} in this session`);
}

function fault(field: string, message: string): Refusal {
  return invalid([{ field, message, code: 'unsupported' }]);
}
