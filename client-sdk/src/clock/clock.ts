/**
 * A clock as a value, and all of its arithmetic: how it is read, charged, filled again and adjusted. Nothing here knows
 * sessions, modes or turn order. Pure; every function returns a new clock and leaves the given one as it was.
 */

/** A clock as settled: what its last charge left. All sizes are milliseconds. */
export interface Clock {
  /** Main time left; null for a clock that never falls. */
  readonly main_ms: number | null;
  /** What of the present turn passes before main time drains; 0 without a delay. */
  readonly delay_ms: number;
  /** Where main time ends: the clock falls there. Below 0 where a clock goes on after zero. */
  readonly floor_ms: number;
  /** What main time does while the clock runs: -1 it drains, 1 it is filled by what others use. */
  readonly flow: -1 | 1;
}

/** What a clock shows at one instant. */
export interface Reading {
  /** Main time left, ms; negative below zero, null for a clock that never falls. */
  left_ms: number | null;
  /** What passes at the moment. */
  phase: 'delay' | 'main';
  /** How `left_ms` goes on: falling, standing or rising, milliseconds a millisecond. */
  rate: -1 | 0 | 1;
  /** Milliseconds until `rate` is another one; null where it stays as it is. */
  next_change_in_ms: number | null;
}

/** A clock that drains from `main_ms` to 0, as all clocks without a delay do; null for one that never falls. */
export function countdown(main_ms: number | null): Clock {
  return { main_ms, delay_ms: 0, floor_ms: 0, flow: -1 };
}

/** Reads a running clock `elapsed` ms after it was settled, or a standing one with `elapsed` null. */
export function read(clock: Clock, elapsed: number | null): Reading {
  const { main_ms, floor_ms, flow } = clock;
  const { delay_ms, main_ms: drained } = elapsed === null ? clock : settle(clock, elapsed);
  const left_ms = drained === null ? null : Math.max(floor_ms, drained);
  const phase = delay_ms > 0 ? 'delay' : 'main';
  if (elapsed === null || main_ms === null) return { left_ms, phase, rate: 0, next_change_in_ms: null };
  if (phase === 'delay') return { left_ms, phase, rate: 0, next_change_in_ms: delay_ms };
  if (flow === 1) return { left_ms, phase, rate: 1, next_change_in_ms: null };
  const untilItFalls = (left_ms ?? 0) - floor_ms;
  return { left_ms, phase, rate: untilItFalls > 0 ? -1 : 0, next_change_in_ms: untilItFalls > 0 ? untilItFalls : null };
}

/** Milliseconds of running until the clock falls, from when it was settled; null for one that never does. */
export function untilFall({ main_ms, delay_ms, floor_ms, flow }: Clock): number | null {
  return main_ms === null || flow === 1 ? null : delay_ms + main_ms - floor_ms;
}

/**
 * The clock after `elapsed` ms of running: the delay drains first, then main time, which nothing stops at the floor.
 */
export function settle(clock: Clock, elapsed: number): Clock {
  const delayed = Math.min(elapsed, clock.delay_ms);
  const main_ms = clock.main_ms === null ? null : clock.main_ms + clock.flow * (elapsed - delayed);
  return { ...clock, main_ms, delay_ms: clock.delay_ms - delayed };
}

/** The clock as a turn begins: its delay is whole again. */
export function beginTurn(clock: Clock, delay_ms: number): Clock {
  return { ...clock, delay_ms };
}

/** The clock after a turn that ended by a switch: it earns the increment, up to the ceiling at most. */
export function endTurn(clock: Clock, { increment_ms, max_ms }: { increment_ms: number; max_ms: number | null }): Clock {
  if (clock.main_ms === null) return clock;
  const room = (max_ms ?? Number.MAX_SAFE_INTEGER) - clock.main_ms;
  return { ...clock, main_ms: clock.main_ms + Math.max(0, Math.min(increment_ms, room)) };
}

/** The clock with `delta` ms more main time, or less. Whether it may have that is the caller's question. */
export function adjust(clock: Clock, delta: number): Clock {
  return clock.main_ms === null ? clock : { ...clock, main_ms: clock.main_ms + delta };
}
