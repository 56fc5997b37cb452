import { type Bank, change, type ClockRule, draftOf, findGroup, findParticipant, ruleOf, settle } from '#arithmetic';
import { type AdjustPayload, CLOCK_MAX_MS, type JsonObject, type SessionState } from '#contract';
import { record, type SessionEvent } from './draft.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';

export type Adjustment = Pick<AdjustPayload, 'delta_ms' | 'participant_id' | 'group_id' | 'reason'>;

/** Adds time to a clock, or takes some away, at `at` (Unix ms). Refusals: VALIDATION_ERROR, PARTICIPANT_NOT_FOUND. */
export function adjust(state: SessionState, adjustment: Adjustment, at: number): { ok: true; event: SessionEvent } | Refusal {
  const rule = ruleOf(state);
  const misnamed = checkNames(rule, adjustment);
  if (misnamed !== null) return misnamed;
  const draft = draftOf(state);
  const charge = settle(draft, at);
  const refusal = rule.adjusts === null ? adjustRunningClock(draft, rule, adjustment.delta_ms) : adjustBank(draft, adjustment);
  if (refusal !== null) return refusal;
  return { ok: true, event: record(draft, 'session_adjusted', at, charge, metadataOf(adjustment)) };
}

/** An id is given exactly where the mode has a clock an owner. */
function checkNames(rule: ClockRule, adjustment: Adjustment): Refusal | null {
  for (const field of ['participant_id', 'group_id'] as const) {
    const given = adjustment[field] !== undefined;
    if (rule.adjusts === field && !given) return fault(field, 'Required in this mode', 'required');
    if (rule.adjusts !== field && given) return fault(field, 'Names no clock in this mode', 'unsupported');
  }
  return null;
}

function adjustBank(draft: SessionState, { participant_id, group_id, delta_ms }: Adjustment): Refusal | null {
  const bank: Bank | undefined = participant_id === undefined ? findGroup(draft, group_id) : findParticipant(draft, participant_id);
  if (bank?.total_time_ms == null) return refuse('PARTICIPANT_NOT_FOUND', `No ${participant_id ?? group_id ?? ''} in this session`);
  if (bank.has_expired) return fault('delta_ms', 'An expired clock is not revived', 'expired');
  const total_time_ms = bank.total_time_ms + delta_ms;
  if (participant_id === undefined) change(draft.groups, findGroup(draft, group_id), { total_time_ms });
  else change(draft.participants, findParticipant(draft, participant_id), { total_time_ms });
  return outOfRange(total_time_ms, draft.max_time_ms ?? CLOCK_MAX_MS);
}

/** Where one clock runs for all: the ceiling of a stopwatch moves, elsewhere the time counts as not used. */
function adjustRunningClock(draft: SessionState, rule: ClockRule, delta: number): Refusal | null {
  if (draft.sync_mode === 'count_up') {
    if (draft.max_time_ms === null) return fault('delta_ms', 'This stopwatch has no ceiling to move', 'unsupported');
    draft.max_time_ms += delta;
  } else {
    draft.cycle_time_used_ms -= delta;
  }
  return outOfRange(rule.left(draft) ?? 0, CLOCK_MAX_MS);
}

function outOfRange(left: number, most: number): Refusal | null {
  return left >= 1 && left <= most ? null : fault('delta_ms', `Must leave 1 to ${most} ms on the clock, not ${left}`, 'out_of_range');
}

function fault(field: string, message: string, code: string): Refusal {
  return invalid([{ field, message, code }]);
}

function metadataOf({ delta_ms, participant_id, group_id, reason }: Adjustment): JsonObject {
  const metadata: JsonObject = { delta_ms };
  if (participant_id !== undefined) metadata['participant_id'] = participant_id;
  if (group_id !== undefined) metadata['group_id'] = group_id;
  if (reason !== undefined) metadata['reason'] = reason;
  return metadata;
}
