/**
 * What the clocks of a session show, for server, SDK and page. Pure: the instant is an argument, in Unix ms of the one
 * clock.
 */
import type { SessionState } from '../contract/state.ts';
import { type Clock, read, type Reading, remainingOf, untilFall } from './clock.ts';
import { untilClosed } from './concurrent.ts';
import { type ClockOwner, findClock, type FoundClock } from './find.ts';
import { type Share, shareOf } from './hourglass.ts';
import { asBegun } from './starts.ts';

/**
 * Milliseconds of the running clock that are not settled in the state yet; 0 unless it runs. An instant before the
 * cycle began counts as its beginning.
 */
export function unsettled({ cycle_started_at }: Pick<SessionState, 'cycle_started_at'>, now: number): number {
  return cycle_started_at ? Math.max(0, now - Date.parse(cycle_started_at)) : 0;
}

/**
 * Milliseconds used of the current cycle at `now`; in `global` and `count_up` of the whole session, which is what a
 * stopwatch shows.
 */
export function cycleTimeUsed(state: SessionState, now: number): number {
  return state.cycle_time_used_ms + unsettled(asBegun(state, now), now);
}

/**
 * Milliseconds that a participant has used at `now`, what is not settled yet included: in a concurrent `count_up` what
 * their stopwatch shows; in any other one what the session's does. Null where nobody has that id.
 */
export function participantTimeUsed(state: SessionState, participantId: string, now: number): number | null {
  const one = state.participants.find(({ participant_id }) => participant_id === participantId);
  if (one === undefined) return null;
  if (state.concurrent === true) return one.time_used_ms + unsettled({ cycle_started_at: one.cycle_started_at ?? null }, now);
  if (state.sync_mode === 'count_up') return cycleTimeUsed(state, now);
  return one.time_used_ms + (state.active_participant_id === participantId ? unsettled(state, now) : 0);
}

/**
 * What a clock of a session shows at `now`; null for an unknown id. A state names instants and nobody counts down, so
 * every display reads clocks by this function. A pending session runs from its `starts_at` on.
 */
export function readClock(state: SessionState, owner: ClockOwner, now: number): Reading | null {
  const begun = asBegun(state, now);
  const found = findClock(begun, owner);
  return found ? readFound(begun, found, now) : null;
}

/** As `readClock`, for the given clock. */
export function readFound(state: SessionState, found: FoundClock, now: number): Reading {
  const { clock, hasTurn, share, since, closesAt } = found;
  if (since !== undefined) return readAlone(clock, since, closesAt, now);
  const runs = state.cycle_started_at !== null;
  if (!share || !runs) return read(clock, hasTurn && runs ? unsettled(state, now) : null);
  const [received, rest] = receive(state, clock, share, now);
  const reading = read(received, null);
  // It rises as long as it receives time.
  return rest > 0 ? { ...reading, rate: 1 / share.of, next_change_in_ms: rest } : reading;
}

/** A clock that runs by itself. If it is closed before it would fall, it shows what is left until then. */
function readAlone(clock: Clock, since: string | null, closesAt: number | undefined, now: number): Reading {
  const reading = read(clock, since === null ? null : unsettled({ cycle_started_at: since }, now));
  if (closesAt === undefined) return reading;
  const left = Math.max(0, closesAt - now);
  const { left_ms, next_change_in_ms } = reading;
  if (left_ms === null || left < left_ms) {
    return { ...reading, left_ms: left, remaining_ms: left, phase_left_ms: left, rate: left > 0 ? -1 : 0, next_change_in_ms: left || null };
  }
  if (reading.phase === 'overrun') {
    // Below zero what it shows goes on to the closing, where that is before the end.
    const until = Math.min(left, reading.phase_left_ms ?? left);
    return next_change_in_ms === null
      ? reading
      : { ...reading, phase_left_ms: until, rate: until > 0 ? -1 : 0, next_change_in_ms: until || null };
  }
  // One that stands begins to fall when there is no more time than it has.
  return next_change_in_ms === null ? { ...reading, next_change_in_ms: left - left_ms || null } : reading;
}

/** A clock with the time that it has received from the running one, and the time that the running one has left, ms. */
function receive(state: SessionState, clock: Clock, share: Share, now: number): [Clock, number] {
  const giver = findClock(state, 'session')?.clock;
  if (!giver?.control) return [clock, 0];
  const { turn_used_ms: settled } = giver.state;
  const most = untilFall(giver) ?? 0;
  const elapsed = Math.min(unsettled(state, now), most);
  const main_ms = (clock.main_ms ?? 0) + shareOf(share, settled + elapsed) - shareOf(share, settled);
  return [{ ...clock, main_ms }, most - elapsed];
}

/**
 * Milliseconds left on all buckets of a clock at `now`, until it runs out; null for a clock that can't (a stopwatch
 * without a ceiling) and for an unknown id.
 */
export function remaining(state: SessionState, owner: ClockOwner, now: number): number | null {
  const begun = asBegun(state, now);
  const found = findClock(begun, owner);
  return found ? remainingOn(begun, found, now) : null;
}

/** As `remaining`, for the given clock. */
export function remainingOn(state: SessionState, found: FoundClock, now: number): number | null {
  const { clock, hasTurn, share, since, closesAt } = found;
  if (since !== undefined) {
    const left = remainingOf(clock, unsettled({ cycle_started_at: since }, now));
    return closesAt === undefined ? left : untilClosed(left, closesAt - now);
  }
  if (share) return remainingOf(receive(state, clock, share, now)[0], 0);
  return remainingOf(clock, hasTurn ? unsettled(state, now) : 0);
}

/** Whether what a clock shows changes by itself, now or later. */
export function isMoving(state: SessionState, owner: ClockOwner): boolean {
  const found = state.concurrent ? findClock(state, owner) : undefined;
  if (found?.closesAt !== undefined) return found.closesAt > Date.parse(state.updated_at);
  const since = state.concurrent ? found?.since : state.cycle_started_at;
  // A clock that falls or rises reaches an end.
  return since != null && typeof readClock(state, owner, Date.parse(since))?.next_change_in_ms === 'number';
}
