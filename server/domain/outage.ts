import { draftOf, iso, remaining, settleSession } from '#clock';
import type { SessionState } from '#contract';
import { takeIntoAccountConcurrent } from './fall.ts';
import { record, type SessionEvent } from './event.ts';

/** A time in which no instance served anybody, Unix ms. */
export interface Outage {
  from: number;
  to: number;
}

/**
 * The first outage that a session has not taken into account yet, cut to begin no earlier than its last event;
 * undefined where its policy lets clocks run on, or where no clock was running.
 */
export function pendingOutage(state: SessionState, outages: readonly Outage[]): Outage | undefined {
  if (state.status !== 'running' || state.outage_policy === 'charge') return undefined;
  const updated = Date.parse(state.updated_at);
  const outage = outages.find(({ to }) => to > updated);
  return outage === undefined ? undefined : { from: Math.max(outage.from, updated), to: outage.to };
}

/** Takes an outage into account: `credit` charges it to nobody, `pause` stops the clock at its beginning. */
export function takeIntoAccount(state: SessionState, { from, to }: Outage): SessionEvent {
  if (state.concurrent === true) return takeIntoAccountConcurrent(state, { from, to });
  const draft = draftOf(state);
  const metadata = { outage: { from: iso(from), to: iso(to) } };
  if (state.outage_policy === 'pause') {
    const charge = settleSession(draft, from);
    draft.status = 'paused';
    draft.cycle_started_at = null;
    return record(state, draft, 'session_paused', from, charge, { ...metadata, reason: 'outage' });
  }
  const begun = Date.parse(draft.cycle_started_at ?? draft.updated_at);
  draft.cycle_started_at = iso(begun + (to - from));
  const charge = {
    participant_id: draft.active_participant_id,
    group_id: draft.active_group_id,
    time_elapsed_ms: 0,
    time_remaining_ms: null,
  };
  const event = record(state, draft, 'session_credited', to, charge, { ...metadata, credited_ms: to - from });
  return { ...event, time_remaining_ms: remaining(event.state, 'session', to) };
}
