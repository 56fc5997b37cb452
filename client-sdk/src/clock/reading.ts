/**
 * What the clocks of a session show, for server, SDK and page. Pure: the instant is handed in, as Unix milliseconds of
 * the authoritative clock.
 */
import type { SessionState } from '../contract/state.ts';
import { read, type Reading } from './clock.ts';
import { type ClockOwner, findClock, type FoundClock } from './find.ts';

/**
 * Milliseconds of the running clock that are not settled in the state yet; 0 unless it runs. An instant before the
 * cycle began counts as its beginning.
 */
export function unsettled(state: SessionState, now: number): number {
  return state.cycle_started_at === null ? 0 : Math.max(0, now - Date.parse(state.cycle_started_at));
}

/**
 * Milliseconds used of the current cycle at `now`; in `global` and `count_up` of the whole session, which is what a
 * stopwatch shows.
 */
export function cycleTimeUsed(state: SessionState, now: number): number {
  return state.cycle_time_used_ms + unsettled(state, now);
}

/**
 * What a clock of a session shows at `now`; null where nobody has that id. The state names instants instead of
 * counting, so this is the whole of timekeeping.
 */
export function readClock(state: SessionState, owner: ClockOwner, now: number): Reading | null {
  const found = findClock(state, owner);
  return found === undefined ? null : readFound(state, found, now);
}

/** As `readClock`, for a clock at hand. */
export function readFound(state: SessionState, { clock, hasTurn }: FoundClock, now: number): Reading {
  return read(clock, hasTurn && state.cycle_started_at !== null ? unsettled(state, now) : null);
}

/**
 * Milliseconds left on a clock at `now`; null where nothing can run out (a stopwatch without a ceiling) or nobody has
 * that id.
 */
export function remaining(state: SessionState, owner: ClockOwner, now: number): number | null {
  return readClock(state, owner, now)?.left_ms ?? null;
}

/** Whether a clock goes: what it shows becomes another by itself, now or later. */
export function isMoving(state: SessionState, owner: ClockOwner): boolean {
  if (state.cycle_started_at === null) return false;
  const begun = readClock(state, owner, Date.parse(state.cycle_started_at));
  return begun !== null && (begun.rate !== 0 || begun.next_change_in_ms !== null);
}
