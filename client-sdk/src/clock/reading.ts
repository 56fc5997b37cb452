/**
 * What the clocks of a session show, for server, SDK and page. Pure: the instant is handed in, as Unix milliseconds of
 * the authoritative clock.
 */
import type { SessionState } from '../contract/state.ts';
import { type Clock, read, type Reading, remainingOf, untilFall } from './clock.ts';
import { type ClockOwner, findClock, type FoundClock } from './find.ts';
import { type Share, shareOf } from './hourglass.ts';

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
export function readFound(state: SessionState, found: FoundClock, now: number): Reading {
  const { clock, hasTurn, share } = found;
  if (share !== undefined && state.cycle_started_at !== null) return readReceiving(state, clock, share, now);
  return read(clock, hasTurn && state.cycle_started_at !== null ? unsettled(state, now) : null);
}

/** A clock that rises while another one drains: with what it has received, as long as there is something to receive. */
function readReceiving(state: SessionState, clock: Clock, share: Share, now: number): Reading {
  const { received, rest } = receivedBy(state, share, now);
  const reading = read(withMain(clock, received), null);
  return rest > 0 ? { ...reading, rate: 1 / share.of, next_change_in_ms: rest } : reading;
}

/** What a share receives of what the running clock uses and is not settled, and how long that clock has left, ms. */
function receivedBy(state: SessionState, share: Share, now: number): { received: number; rest: number } {
  const giver = findClock(state, 'session')?.clock;
  if (giver?.control === undefined) return { received: 0, rest: 0 };
  const { turn_used_ms: settled } = giver.state;
  const most = untilFall(giver) ?? 0;
  const elapsed = Math.min(unsettled(state, now), most);
  return { received: shareOf(share, settled + elapsed) - shareOf(share, settled), rest: most - elapsed };
}

function withMain(clock: Clock, more: number): Clock {
  return clock.main_ms === null ? clock : { ...clock, main_ms: clock.main_ms + more };
}

/**
 * Milliseconds left at `now` until a clock runs out, everything included; null where nothing can run out (a stopwatch
 * without a ceiling) or nobody has that id.
 */
export function remaining(state: SessionState, owner: ClockOwner, now: number): number | null {
  const found = findClock(state, owner);
  return found === undefined ? null : remainingOn(state, found, now);
}

/** As `remaining`, for a clock at hand. */
export function remainingOn(state: SessionState, { clock, hasTurn, share }: FoundClock, now: number): number | null {
  if (share !== undefined) return remainingOf(withMain(clock, receivedBy(state, share, now).received), 0);
  return remainingOf(clock, hasTurn ? unsettled(state, now) : 0);
}

/** Whether a clock goes: what it shows becomes another by itself, now or later. */
export function isMoving(state: SessionState, owner: ClockOwner): boolean {
  if (state.cycle_started_at === null) return false;
  const begun = readClock(state, owner, Date.parse(state.cycle_started_at));
  return begun !== null && (begun.rate !== 0 || begun.next_change_in_ms !== null);
}
