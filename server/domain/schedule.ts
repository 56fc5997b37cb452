import { draftOf, settleSession } from '#clock';
import { type FieldIssue, type SchedulePayload, type SessionState, START_AHEAD_MAX_MS } from '#contract';
import { record, type SessionEvent } from './event.ts';
import { invalid, type Refusal } from './refusal.ts';

export type Scheduling = Pick<SchedulePayload, 'starts_at'>;

/** What is wrong with a start that is planned at `now` (Unix ms): it lies in the past, or too far ahead. */
export function startFaults(starts_at: string | undefined, now: number): FieldIssue[] {
  const ahead = starts_at === undefined ? 1 : Date.parse(starts_at) - now;
  if (ahead > 0 && ahead <= START_AHEAD_MAX_MS) return [];
  return [{ field: 'starts_at', message: 'Must lie in the future, at most 400 days ahead', code: 'out_of_range' }];
}

/** Plans at `at` (Unix ms) when a pending session starts by itself, or that it does not. Refusals: VALIDATION_ERROR. */
export function schedule(state: SessionState, { starts_at }: Scheduling, at: number): { ok: true; event: SessionEvent } | Refusal {
  const faults = startFaults(starts_at, at);
  // What a pending session has is its closing. Instants of one form stand in the order of their texts.
  if (starts_at !== undefined && state.deadline_at !== null && starts_at >= state.deadline_at)
    faults.push({ field: 'starts_at', message: 'Must lie before closes_at', code: 'too_big' });
  if (faults.length > 0) return invalid(faults);
  const draft = draftOf(state);
  draft.starts_at = starts_at ?? null;
  const metadata = { starts_at: draft.starts_at };
  return { ok: true, event: record(state, draft, 'session_scheduled', at, settleSession(draft, at), metadata) };
}
