/**
 * A clock as a value, with all of its arithmetic: how it is read, charged, filled again and adjusted. It knows no
 * sessions, modes or turn order. Pure; every function returns a new clock and leaves the given one unchanged.
 */
import * as controlled from './control.ts';
import type { ControlledClock } from './control.ts';

/** A clock without a time control, as settled: it has main time only. */
export interface PlainClock {
  /** Main time left, ms; null for a clock that never falls. */
  readonly main_ms: number | null;
  /** Where main time ends: the clock falls there. Below 0 where a clock goes on after zero. */
  readonly floor_ms: number;
  readonly control?: undefined;
  readonly state?: undefined;
}

/** A clock as settled: what its last charge left. */
export type Clock = PlainClock | ControlledClock;

/** What a clock shows at one instant. */
export interface Reading {
  /**
   * What its face shows, ms: main time, after it the present period or the block; the delay where the clock has nothing
   * else. Negative below zero, null for a clock that never falls.
   */
  left_ms: number | null;
  /** Time left on all buckets until the clock falls, ms; where it goes on below zero, until zero. */
  remaining_ms: number | null;
  /** The bucket that drains at the moment; `overrun` from zero on, where the clock goes on below it. */
  phase: 'delay' | 'main' | 'period' | 'block' | 'overrun';
  /** Time left in the phase, ms; null for a clock that never falls. */
  phase_left_ms: number | null;
  /** Periods left, the present one included, in a stage that has some. */
  periods_left?: number;
  /** Own turns left in the block, or in the stage where it ends by turns. */
  turns_left?: number;
  /** Index of the stage, from 0. */
  stage: number;
  /** How `left_ms` goes on: falling (-1), standing (0) or rising, milliseconds a millisecond. */
  rate: number;
  /** Milliseconds until `phase`, `stage` or `rate` changes; null where none will. */
  next_change_in_ms: number | null;
}

/**
 * A clock that drains from `main_ms` to 0, as all without a time control do, or on to `overrun_ms` below it; null for
 * one that never falls.
 */
export function countdown(main_ms: number | null, overrun_ms = 0): PlainClock {
  return { main_ms, floor_ms: 0 - overrun_ms };
}

/** Reads a running clock `elapsed` ms after it was settled, or a standing one with `elapsed` null. */
export function read(clock: Clock, elapsed: number | null): Reading {
  const { control, main_ms, floor_ms } = clock;
  if (main_ms === null) {
    return { left_ms: null, remaining_ms: null, phase: 'main', phase_left_ms: null, stage: 0, rate: 0, next_change_in_ms: null };
  }
  const ran = Math.min(elapsed ?? 0, Math.max(0, untilFall(clock) ?? 0));
  const buckets = control ? controlled.bucketsAfter(clock, ran) : { delay: 0, main: main_ms - ran, reserve: 0, stage: 0 };
  const { delay, main, reserve, stage } = buckets;
  const { byoyomi, canadian, turns } = control?.stages[stage] ?? {};
  const periods = byoyomi && controlled.periodsOf(reserve, byoyomi);
  const part = periods?.period_left_ms ?? reserve;
  const phase = delay > 0 ? 'delay' : main > 0 ? 'main' : byoyomi ? 'period' : canadian ? 'block' : floor_ms < 0 ? 'overrun' : 'main';
  const phase_left_ms = { delay, main, period: part, block: part, overrun: main - floor_ms }[phase];
  const isOnlyDelay = delay > 0 && main === 0 && reserve === 0;
  const runs = elapsed !== null && phase_left_ms > 0;
  // The settled count of turns belongs to the stage in which the clock was settled.
  const settled = stage === clock.state?.stage ? clock.state : undefined;
  const turns_left = phase === 'block' ? (settled?.block_turns_left ?? canadian?.turns) : turns && turns - (settled?.stage_turns ?? 0);
  return {
    left_ms: isOnlyDelay ? delay : main === 0 ? part : main,
    remaining_ms: remainingOf(clock, ran),
    phase,
    phase_left_ms,
    stage,
    ...(periods && { periods_left: periods.periods_left }),
    ...(turns_left && { turns_left }),
    rate: runs && (phase !== 'delay' || isOnlyDelay) ? -1 : 0,
    next_change_in_ms: runs ? phase_left_ms : null,
  };
}

/**
 * Time left on all buckets, ms, `elapsed` ms of running after the clock was settled, until it falls; where it goes on
 * below zero, until zero. Null for one that never falls.
 */
export function remainingOf(clock: Clock, elapsed: number): number | null {
  const left = untilZero(clock);
  return left === null ? null : Math.max(clock.floor_ms, left - elapsed);
}

/** Milliseconds of running until the clock falls, from when it was settled; null for one that never does. */
export function untilFall(clock: Clock): number | null {
  const left = untilZero(clock);
  return left === null ? null : left - clock.floor_ms;
}

function untilZero(clock: Clock): number | null {
  return clock.control ? controlled.untilEmpty(clock) : clock.main_ms;
}

/** Whether a clock is empty, so that no turn can begin on it. */
export function isEmpty(clock: Clock): boolean {
  return (untilFall(clock) ?? 0) <= 0;
}

/** The clock after `elapsed` ms of running. Main time is not stopped at the floor. */
export function settle(clock: Clock, elapsed: number): Clock {
  if (clock.control) return controlled.drain(clock, elapsed);
  return clock.main_ms === null ? clock : { ...clock, main_ms: clock.main_ms - elapsed };
}

/**
 * The clock after a turn that ended by a switch. Without a time control it earns the increment, up to the ceiling at
 * most, and nothing where the turn ended below zero.
 */
export function endTurn(clock: Clock, { increment_ms, max_ms }: { increment_ms: number; max_ms: number | null }): Clock {
  if (clock.control) return controlled.endTurn(clock);
  if (clock.main_ms === null || clock.main_ms < 0) return clock;
  const room = (max_ms ?? Number.MAX_SAFE_INTEGER) - clock.main_ms;
  return { ...clock, main_ms: clock.main_ms + Math.max(0, Math.min(increment_ms, room)) };
}

/** The clock after a turn that is taken back and stays charged. */
export function forfeitTurn(clock: Clock): Clock {
  return clock.control ? controlled.forfeitTurn(clock) : clock;
}

/** The clock with `delta` ms added to main time; negative takes time. The caller checks the limits. */
export function adjust(clock: Clock, delta: number): Clock {
  if (clock.control) return controlled.adjust(clock, delta);
  return clock.main_ms === null ? clock : { ...clock, main_ms: clock.main_ms + delta };
}
