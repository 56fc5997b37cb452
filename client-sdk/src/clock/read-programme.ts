/** When the items of a programme were planned, are expected and have been. Pure. */
import type { SessionState } from '../contract/state.ts';
import { iso } from './instants.ts';
import { remaining } from './reading.ts';
import { asBegun } from './starts.ts';

/** When an item of the present round is planned and expected. Instants are ISO 8601. */
export interface ProgrammeItem {
  item_id: string;
  /** When it would begin if everything had taken its time. */
  planned_at: string;
  /** When it began, or is expected to; null where it won't. */
  starts_at: string | null;
  /** When it was left, or is expected to be over; null where it won't begin. */
  ends_at: string | null;
}

/** How a programme goes. */
export interface Programme {
  /** By how much its end is later than planned, ms; below 0 where it is earlier. */
  behind_ms: number;
  /** When it was over, or is expected to be: what waits takes its time, and begins without a break. */
  ends_at: string;
  items: ProgrammeItem[];
}

/**
 * How the programme of a session goes at `now` (Unix ms): the plan counts from `starts_at`, or without it from the
 * start, by the times of the items. Null for a session without a programme.
 */
export function readProgramme(state: SessionState, now: number): Programme | null {
  if (state.items === undefined) return null;
  // A device's estimate of the time may still be before the event that made the state.
  const at = Math.max(now, Date.parse(state.updated_at));
  const session = asBegun(state, at);
  const { items = [], item_index = null, round = 1, rounds = 1, session_completed_at: ended } = session;
  const whole = items.reduce((sum, one) => sum + one.time_ms, 0);
  const begin = instantOf(session.starts_at) ?? instantOf(session.session_started_at) ?? at;
  let planned = begin + (round - 1) * whole;
  // Where the item that runs is over time, it ends now at the earliest.
  let free = item_index === null ? Math.max(begin, at) : at + Math.max(0, leftOf(session, at));
  const read = items.map(({ item_id, time_ms, status, started_at, ended_at }): ProgrammeItem => {
    const planned_at = iso(planned);
    planned += time_ms;
    if (status === 'running') return { item_id, planned_at, starts_at: started_at, ends_at: iso(free) };
    if (status === 'done') return { item_id, planned_at, starts_at: started_at, ends_at: ended_at };
    if (status === 'skipped' || ended !== null) return { item_id, planned_at, starts_at: null, ends_at: null };
    const starts_at = iso(free);
    free += time_ms;
    return { item_id, planned_at, starts_at, ends_at: iso(free) };
  });
  const end = instantOf(ended) ?? free + (rounds - round) * whole;
  return { behind_ms: end - (begin + rounds * whole), ends_at: iso(end), items: read };
}

/** What is left of the item that runs; in a concurrent session until its last clock falls. */
function leftOf(state: SessionState, now: number): number {
  if (state.concurrent !== true) return remaining(state, 'session', now) ?? 0;
  const running = state.participants.filter((one) => one.clock_status === 'running' || one.clock_status === 'paused');
  return Math.max(0, ...running.map((one) => remaining(state, one, now) ?? 0));
}

function instantOf(instant: string | null | undefined): number | null {
  return instant == null ? null : Date.parse(instant);
}
