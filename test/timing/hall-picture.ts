import type { SessionState } from '#contract';
import { goesOn, type Seat } from './hall-seat.ts';
import type { Hall } from './reference-hall.ts';

/** When a clock of the reference falls by the present state: null where it does not. */
function deadlineOf(hall: Hall, seat: Seat): string | null {
  const { status, now } = hall;
  if (status !== 'running' || seat.status !== 'running') return null;
  const fall = seat.left === null ? null : now + seat.left + hall.overrun;
  const first = [fall, hall.closingOf(seat)].filter((at) => at !== null).toSorted((a, b) => a - b)[0];
  return first === undefined ? null : new Date(first).toISOString();
}

/** When it is at zero; undefined where it falls there. */
function zeroOf(hall: Hall, seat: Seat): string | null | undefined {
  if (hall.overrun === 0) return undefined;
  if (hall.status !== 'running' || seat.status !== 'running' || seat.left === null) return null;
  return new Date(Math.min(hall.now + seat.left, hall.closingOf(seat) ?? Infinity)).toISOString();
}

function leftOf(hall: Hall, seat: Seat): number | null {
  const closing = goesOn(seat) ? hall.closingOf(seat) : null;
  return closing === null ? seat.left : Math.min(seat.left ?? Infinity, Math.max(0, closing - hall.now));
}

/** What the reference says of every participant, in the words of a state. */
export function toldSeats(hall: Hall): object[] {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return hall.seats.map((seat) => ({
    id: seat.id,
    clock_status: seat.status,
    given_ms: seat.given,
    used: seat.used,
    left: leftOf(hall, seat),
    deadline_at: deadlineOf(hall, seat),
    zero_at: zeroOf(hall, seat),
    withdrawn: seat.out || undefined,
    sits_out: seat.sitsOut || undefined,
    finished_at: iso(seat.finishedAt),
    expired_at: iso(seat.expiredAt),
    late_by_ms: seat.late ?? undefined,
    cycle_count: seat.ended,
    has_expired: seat.hasExpired,
  }));
}

/** The same of a state of the server. */
export function shownSeats(state: SessionState): object[] {
  const at = Date.parse(state.updated_at);
  return state.participants.map((one) => ({
    id: one.participant_id,
    clock_status: one.clock_status,
    given_ms: one.given_ms,
    used: one.time_used_ms + (one.cycle_started_at == null ? 0 : at - Date.parse(one.cycle_started_at)),
    left: one.time_remaining_ms,
    deadline_at: one.deadline_at,
    zero_at: one.zero_at,
    withdrawn: one.withdrawn,
    sits_out: one.sits_out,
    finished_at: one.finished_at,
    expired_at: one.expired_at,
    late_by_ms: one.late_by_ms,
    cycle_count: one.cycle_count,
    has_expired: one.has_expired,
  }));
}

/** What the reference says of the whole session, in the words of a state. */
export function told(hall: Hall): object {
  const { status, cycle, starts, sheet } = hall;
  const starts_at = starts == null ? starts : new Date(starts).toISOString();
  return { status, cycle_count: cycle, version: hall.notes.length, starts_at, ...sheet?.picture };
}

/** The same of a state of the server. */
export function shown({ status, cycle_count, version, starts_at, items, item_index, round, rounds }: SessionState): object {
  return { status, cycle_count, version, starts_at, ...(items === undefined ? {} : { items, item_index, round, rounds }) };
}
