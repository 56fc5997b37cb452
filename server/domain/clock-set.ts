/** The clocks of a concurrent session as a whole: how they are stopped, charged, ended, and begin a cycle together. */
import { type Charge, endItem, goesOnAlone, hasNextItem, iso, moveOn, presentItem, runOne, settleOne, standing, useItem } from '#clock';
import type { ClockStatus, ParticipantInput, ParticipantState, SessionState } from '#contract';

export const NOTHING: Charge = { participant_id: null, group_id: null, time_elapsed_ms: 0, time_remaining_ms: null };

/**
 * What a participant is given of a time that all get, ms: `time_factor` times it, rounded up to a whole millisecond,
 * and `extra_time_ms`.
 */
export function share(time_ms: number, { time_factor = 1, extra_time_ms = 0 }: Pick<ParticipantInput, 'time_factor' | 'extra_time_ms'>) {
  return Math.ceil((time_ms * Math.round(100 * time_factor)) / 100) + extra_time_ms;
}

/** A participant whose clock is fresh and waits, with the time of its session's mode. */
export function waiting(state: SessionState, one: ParticipantState): ParticipantState {
  const base = { ...one, clock_status: 'waiting' as const, ...standing(state), finished_at: null, expired_at: null };
  if (state.sync_mode === 'per_participant') {
    const bank = share(one.total_time_ms ?? 0, one);
    return { ...base, total_time_ms: bank, given_ms: bank };
  }
  const time_ms = state.sync_mode === 'per_cycle' ? (presentItem(state)?.time_ms ?? state.time_per_cycle_ms) : state.max_time_ms;
  const given_ms = time_ms === null ? null : share(time_ms, one);
  return state.sync_mode === 'per_cycle' ? { ...base, given_ms, cycle_time_used_ms: 0 } : { ...base, given_ms };
}

/** A participant whose clock runs from `at` (Unix ms), or from the resume of a session that is paused. */
export function running(draft: SessionState, one: ParticipantState, at: number): ParticipantState {
  return { ...runOne(draft, one, draft.status === 'paused' ? null : at), clock_status: 'running' };
}

/** Settles and stops all clocks of a draft; returns those that ran. */
export function stopClocks(draft: SessionState, at: number): ParticipantState[] {
  const ran: ParticipantState[] = [];
  for (const [index, one] of draft.participants.entries()) {
    if (one.cycle_started_at == null) continue;
    const settled = settleOne(draft, one, at, null);
    draft.participants[index] = settled;
    ran.push(settled);
  }
  return ran;
}

/** Begins the next cycle of `per_cycle` at `at`: everybody's clock is fresh and runs. */
function beginTogether(draft: SessionState, at: number): void {
  draft.cycle_count += 1;
  draft.participants = draft.participants.map((one) => {
    const { answer: _answer, late_by_ms: _late, sits_out: _out, ...fresh } = waiting(draft, one);
    if (one.withdrawn === true) return { ...fresh, has_expired: false };
    if (isClosed(draft, one, at)) return draft.answers === undefined ? one : kept(one);
    return running(draft, { ...fresh, has_expired: false }, at);
  });
}

/** A participant whose clock stays closed, without what they answered in a former cycle. */
function kept({ answer: _answer, ...one }: ParticipantState): ParticipantState {
  return one;
}

/** Whether the present cycle is the last one. */
function isLastTogether(state: SessionState): boolean {
  const { max_cycles, cycle_count } = state;
  if (state.items !== undefined) return !hasNextItem(state);
  return max_cycles !== undefined && cycle_count + 1 >= max_cycles;
}

/**
 * Ends the cycle of `per_cycle` at `at`, and begins the next one, with the item of this id or the next item where there
 * is a programme. After the last cycle the session is completed.
 */
export function passTogether(draft: SessionState, at: number, nextItem?: string): void {
  const isLast = isLastTogether(draft) && nextItem === undefined;
  closeItem(draft, at);
  if (!isLast) {
    if (draft.items !== undefined) moveOn(draft, at, nextItem);
    return beginTogether(draft, at);
  }
  draft.cycle_count += 1;
  end(draft, 'completed', at);
}

/** Ends the item of a programme that runs. It has run as long as the longest clock that ran in it. */
export function closeItem(draft: SessionState, at: number): void {
  const item = presentItem(draft);
  if (item?.status !== 'running') return;
  // Whoever was closed before it began still has the times of their last cycle. Instants are ordered like their texts.
  // The clock of whoever has withdrawn since is paused.
  const tookPart = (one: ParticipantState): boolean =>
    one.clock_status === 'paused' || goesOnAlone(one) || (one.expired_at ?? one.finished_at ?? '') > (item.started_at ?? '');
  useItem(draft, Math.max(0, ...draft.participants.filter(tookPart).map((one) => one.cycle_time_used_ms ?? 0)));
  endItem(draft, at);
}

/** A participant whose clock has ended, counted. */
export function counted(one: ParticipantState): ParticipantState {
  return { ...one, cycle_count: one.cycle_count + 1, has_gone: true };
}

/**
 * What follows when no clock waits, runs or is paused any more. In `per_cycle` with `auto_advance` the next cycle
 * begins; without it the session waits for a switch. In other modes it ends: `completed` if somebody has finished, else
 * expired if somebody's clock fell, else cancelled.
 */
export function goOnOrEnd(draft: SessionState, at: number): void {
  if (draft.participants.some(goesOnAlone)) return;
  if (draft.status === 'pending') return end(draft, 'cancelled', at);
  if (draft.sync_mode === 'per_cycle' && draft.participants.some((one) => !isClosed(draft, one, at))) {
    if (isLastTogether(draft) || (presentItem(draft)?.auto_advance ?? draft.auto_advance)) passTogether(draft, at);
    return;
  }
  const some = (status: ClockStatus) => draft.participants.some(({ clock_status }) => clock_status === status);
  // Where nobody's clock has ended, all have withdrawn.
  end(draft, some('finished') ? 'completed' : some('expired') ? 'expired' : 'cancelled', at);
}

/** Ends a session. */
export function end(draft: SessionState, status: 'completed' | 'expired' | 'cancelled', at: number): void {
  closeItem(draft, at);
  draft.status = status;
  draft.session_completed_at ??= iso(at);
}

/** Whether a participant's clock is closed at `at`, or has withdrawn, so that no later cycle is theirs. */
export function isClosed(draft: SessionState, { closes_at = draft.closes_at, withdrawn }: ParticipantState, at: number): boolean {
  return withdrawn === true || (closes_at !== undefined && Date.parse(closes_at) <= at);
}

/** What an event charged: to one clock, or to several, each of which tells by itself what it has used. */
export function chargeOf(before: SessionState, draft: SessionState, charged: readonly ParticipantState[]): Charge {
  const [one, ...others] = charged;
  if (one === undefined) return NOTHING;
  if (others.length > 0) return { ...NOTHING, time_elapsed_ms: null };
  const { participant_id, time_used_ms, cycle_time_used_ms = time_used_ms, given_ms = null } = one;
  const used = before.participants[draft.participants.indexOf(one)]?.time_used_ms ?? 0;
  const time_remaining_ms = given_ms === null ? null : given_ms - cycle_time_used_ms;
  return { participant_id, group_id: null, time_elapsed_ms: time_used_ms - used, time_remaining_ms };
}
