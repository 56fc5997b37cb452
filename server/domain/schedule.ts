import { draftOf, findParticipant, instantOf, iso, runOne, settleSession } from '#clock';
import { type FieldIssue, type JsonObject, type SchedulePayload, type SessionState, START_AHEAD_MAX_MS } from '#contract';
import { hasWithdrawn, statusSaysNo } from './allowed.ts';
import { NOTHING } from './clock-set.ts';
import { record, type SessionEvent } from './event.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';

export type Scheduling = Pick<SchedulePayload, 'starts_at' | 'closes_at' | 'participant_id'>;

/** The fault of a start that is planned at `now` (Unix ms): it lies in the past, or too far ahead. */
export function startFaults(starts_at: string | undefined, now: number): FieldIssue[] {
  return faultsOf('starts_at', starts_at, now);
}

/**
 * Plans at `at` (Unix ms) the start of a pending session or removes the plan, and moves the closings of a concurrent
 * one. Refusals: VALIDATION_ERROR, PARTICIPANT_NOT_FOUND, INVALID_STATE_TRANSITION for a start once it has begun.
 */
export function schedule(state: SessionState, scheduling: Scheduling, at: number): { ok: true; event: SessionEvent } | Refusal {
  const { starts_at, closes_at, participant_id } = scheduling;
  const plansStart = closes_at === undefined || starts_at !== undefined;
  if (plansStart && state.status !== 'pending') return statusSaysNo(state, 'schedule');
  const faults = [...startFaults(starts_at, at), ...faultsOf('closes_at', closes_at, at), ...misplaced(state, scheduling)];
  if (faults.length > 0) return invalid(faults);
  const named = participant_id === undefined ? undefined : findParticipant(state, participant_id);
  if (named?.withdrawn === true) return hasWithdrawn(state, named, 'schedule');
  if (participant_id !== undefined && named === undefined)
    return refuse('PARTICIPANT_NOT_FOUND', `No participant ${participant_id} in this session`);
  const draft = draftOf(state);
  const metadata: JsonObject = {};
  if (plansStart) metadata['starts_at'] = draft.starts_at = starts_at ?? null;
  if (closes_at !== undefined) {
    metadata['closes_at'] = closes_at;
    if (participant_id !== undefined) metadata['participant_id'] = participant_id;
    close(draft, closes_at, participant_id);
  }
  const charge = draft.concurrent === true ? NOTHING : settleSession(draft, at);
  if (draft.status !== 'pending' || !isClosedBeforeStart(draft, at)) {
    return { ok: true, event: record(state, draft, 'session_scheduled', at, charge, metadata) };
  }
  const field = starts_at === undefined ? 'closes_at' : 'starts_at';
  return invalid([{ field, message: 'The start must lie before every closing', code: 'out_of_range' }]);
}

/** Whether a closing that lies after `at` (Unix ms) is not after the planned start. */
function isClosedBeforeStart({ starts_at: start, closes_at, participants }: SessionState, at: number): boolean {
  if (start == null) return false;
  const now = iso(at);
  // Instants of one form are ordered like their texts.
  return [closes_at, ...participants.map((one) => one.closes_at)].some((closing) => closing != null && closing > now && closing <= start);
}

/** Moves the closing of one clock of a draft, or of all that have none of their own. */
function close(draft: SessionState, closes_at: string, id: string | undefined): void {
  if (id === undefined) draft.closes_at = closes_at;
  draft.participants = draft.participants.map((one) => {
    const own = one.participant_id === id ? { ...one, closes_at } : one;
    // Its deadline is the earlier one of its fall and its closing.
    return own.cycle_started_at == null ? own : runOne(draft, own, instantOf(own.cycle_started_at));
  });
}

function misplaced({ concurrent }: SessionState, { closes_at, participant_id }: Scheduling): FieldIssue[] {
  if (closes_at !== undefined && concurrent !== true)
    return [{ field: 'closes_at', message: 'Only in a concurrent session', code: 'unsupported' }];
  if (closes_at === undefined && participant_id !== undefined)
    return [{ field: 'participant_id', message: 'Says whose closes_at is meant, which is missing', code: 'unsupported' }];
  return [];
}

function faultsOf(field: string, instant: string | undefined, now: number): FieldIssue[] {
  const ahead = instant === undefined ? 1 : Date.parse(instant) - now;
  if (ahead > 0 && ahead <= START_AHEAD_MAX_MS) return [];
  return [{ field, message: 'Must lie in the future, at most 400 days ahead', code: 'out_of_range' }];
}
