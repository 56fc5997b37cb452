/**
 * A clock with a time control, with all of its arithmetic. While it runs, its buckets drain one after the other: the
 * delay, main time (with that of the stages that follow at zero), then the reserve, which is byo-yomi's periods or a
 * Canadian block. The other functions say when a bucket is filled again. Pure; every function returns a new clock.
 */
import type { ClockState, Stage, TimeControl } from '../contract/time-control.ts';

/** A clock as settled: what its last charge left. */
export interface ControlledClock {
  /** Main time left, ms. */
  readonly main_ms: number;
  /** Where main time ends: the clock falls there. Below 0 where a clock goes on after zero. */
  readonly floor_ms: number;
  readonly control: TimeControl;
  readonly state: ClockState;
}

const NO_TIME: Stage = { time_ms: 0 };

/** The clock of a game that has not begun. */
export function setUp(control: TimeControl, floor_ms = 0): ControlledClock {
  const state = { turns: 0, stage: 0, stage_turns: 0, turn_used_ms: 0 };
  return standReady(enter({ main_ms: 0, floor_ms, control, state }, 0));
}

/** The stage that a clock is in. */
export function stageOf({ control, state }: ControlledClock): Stage {
  return control.stages[state.stage] ?? NO_TIME;
}

/** Time of the present turn that still has to pass before main time drains, ms. */
export function delayLeft(clock: ControlledClock): number {
  const { turn_used_ms, turn_main_ms, turn_reserve_ms } = clock.state;
  const { delay_ms = 0, delay_type } = stageOf(clock);
  // If another bucket has drained in this turn, the delay is over, also that of a stage entered within the turn.
  const isOver = delay_type === 'bronstein' || turn_main_ms !== undefined || turn_reserve_ms !== undefined;
  return isOver ? 0 : Math.max(0, delay_ms - turn_used_ms);
}

/** Time left in periods or block, ms; 0 in a stage that has neither. */
export function reserveLeft(clock: ControlledClock): number {
  const { periods_left = 0, period_left_ms = 0, block_left_ms = 0 } = clock.state;
  const { period_ms = 0 } = stageOf(clock).byoyomi ?? {};
  return periods_left > 0 ? (periods_left - 1) * period_ms + period_left_ms : block_left_ms;
}

/** Milliseconds of running until every bucket is empty; negative below zero. */
export function untilEmpty(clock: ControlledClock): number {
  const { stages } = clock.control;
  let left = delayLeft(clock) + clock.main_ms + reserveLeft(clock);
  for (let index = clock.state.stage; stages[index]?.at_zero; index += 1) {
    const next = stages[index + 1] ?? NO_TIME;
    left += next.time_ms + wholeReserve(next);
  }
  return left;
}

/** The contents of the buckets after some time, and the stage. */
export interface Buckets {
  delay: number;
  main: number;
  reserve: number;
  stage: number;
  /** The parts of that time that main time and the reserve gave. */
  fromMain: number;
  fromReserve: number;
}

/** The buckets after `ms` more of a turn. The caller checks whether the clock has fallen by then. */
export function bucketsAfter(clock: ControlledClock, ms: number): Buckets {
  const { stages } = clock.control;
  const delay = delayLeft(clock);
  const passed = Math.max(0, ms - delay);
  let { stage } = clock.state;
  let [main, reserve, rest] = [clock.main_ms, reserveLeft(clock), passed];
  while (stages[stage]?.at_zero && rest >= main) {
    const used = Math.max(0, main);
    const next = stages[(stage += 1)] ?? NO_TIME;
    rest -= used;
    main += next.time_ms - used;
    reserve = wholeReserve(next);
  }
  const fromReserve = Math.min(reserve, Math.max(0, rest - Math.max(0, main)));
  main -= rest - fromReserve;
  return { delay: Math.max(0, delay - ms), main, reserve: reserve - fromReserve, stage, fromMain: passed - fromReserve, fromReserve };
}

/** The clock after `ms` more of its turn, with a note of what the turn used. */
export function drain(clock: ControlledClock, ms: number): ControlledClock {
  const { main, reserve, stage, fromMain, fromReserve } = bucketsAfter(clock, ms);
  const after = stage === clock.state.stage ? clock : enter(clock, stage);
  const state = { ...after.state, turn_used_ms: after.state.turn_used_ms + ms };
  return taken(withReserve({ ...after, main_ms: main, state }, reserve), fromMain, fromReserve);
}

/**
 * The charge of a turn that ends now, ms: whole units, at least the least charge, never so much that the clock falls.
 */
export function chargeOf(clock: ControlledClock): number {
  const { turn_used_ms: used } = clock.state;
  const { charge_unit_ms: unit = 1, least_charge_ms: least = 0 } = clock.control;
  const limit = used + untilEmpty(clock) - clock.floor_ms;
  return Math.min(Math.max(Math.floor(used / unit) * unit, least), limit - 1);
}

/** The clock after a turn that ended by a switch: charged, filled again, counted, and ready for the next turn. */
export function endTurn(clock: ControlledClock): ControlledClock {
  const charged = chargeOf(clock);
  const paid = pay(clock, charged);
  const { turn_main_ms = 0, turn_reserve_ms = 0, ...state } = paid.state;
  const usesBlock = turn_reserve_ms > 0 || paid.main_ms + turn_main_ms === 0;
  const filled = refillReserve({ ...paid, main_ms: paid.main_ms + earned(paid, charged), state }, usesBlock);
  const counted = { ...filled.state, turns: state.turns + 1, stage_turns: state.stage_turns + 1, turn_used_ms: 0 };
  return standReady({ ...filled, state: counted });
}

/**
 * The clock after a turn that is taken back and stays charged: it has paid for the turn, and the delay (Bronstein's,
 * too) and the present period are whole again. The turn has earned nothing and is not counted. A clock without that
 * much time stays unchanged.
 */
export function forfeitTurn(clock: ControlledClock): ControlledClock {
  if (untilEmpty(clock) <= clock.floor_ms) return clock;
  const charged = chargeOf(clock);
  const paid = pay(clock, charged);
  const { turn_main_ms: _main, turn_reserve_ms: _reserve, ...state } = paid.state;
  const back = stageOf(paid).delay_type === 'bronstein' ? earned(paid, charged) : 0;
  return refillReserve({ ...paid, main_ms: paid.main_ms + back, state: { ...state, turn_used_ms: 0 } }, false);
}

/** The clock with `delta` ms added to main time; negative takes time. The caller checks the limits. */
export function adjust(clock: ControlledClock, delta: number): ControlledClock {
  return drain({ ...clock, main_ms: clock.main_ms + delta }, 0);
}

/**
 * Prepares a turn: a stage whose turns are made ends, an empty one that ends at zero too, and the turn may get an
 * increment.
 */
function standReady(clock: ControlledClock): ControlledClock {
  const { stage, stage_turns } = clock.state;
  const isOver = stageOf(clock).turns === stage_turns;
  const ready = drain(isOver ? enter(clock, Math.min(stage + 1, clock.control.stages.length - 1)) : clock, 0);
  const isEarly = stageOf(ready).increment_when === 'before';
  return isEarly ? { ...ready, main_ms: ready.main_ms + increment(ready, ready.state.turns) } : ready;
}

/** Begins a stage, or the last one anew: its time is added to what is left, its periods and block are whole. */
function enter(clock: ControlledClock, index: number): ControlledClock {
  const { periods_left: _p, period_left_ms: _pl, block_left_ms: _b, block_turns_left: _bt, ...state } = clock.state;
  const stage = clock.control.stages[index] ?? NO_TIME;
  const entered = { ...clock, main_ms: clock.main_ms + stage.time_ms, state: { ...state, stage: index, stage_turns: 0 } };
  return withReserve(entered, wholeReserve(stage), stage.canadian?.turns);
}

/** Charges a turn: takes what is not settled yet, or gives back what was settled too much. */
function pay(clock: ControlledClock, charged: number): ControlledClock {
  const more = charged - clock.state.turn_used_ms;
  return more < 0 ? giveBack(clock, -more) : drain(clock, more);
}

/** Gives back what a settlement within the turn drained too much, the last bucket first. */
function giveBack(clock: ControlledClock, ms: number): ControlledClock {
  const { turn_main_ms = 0, turn_reserve_ms = 0 } = clock.state;
  const reserve = Math.min(ms, turn_reserve_ms);
  const main = Math.min(ms - reserve, turn_main_ms);
  return taken(withReserve({ ...clock, main_ms: clock.main_ms + main }, reserveLeft(clock) + reserve), -main, -reserve);
}

/** Notes how much the turn used of main time and of the reserve, if it used any. */
function taken(clock: ControlledClock, main: number, reserve: number): ControlledClock {
  const { turn_main_ms = 0, turn_reserve_ms = 0, ...state } = clock.state;
  const noted: ClockState = state;
  if (turn_main_ms + main > 0) noted.turn_main_ms = turn_main_ms + main;
  if (turn_reserve_ms + reserve > 0) noted.turn_reserve_ms = turn_reserve_ms + reserve;
  return { ...clock, state: noted };
}

/** The time that a turn with this charge adds to main time when it ends, ms. */
function earned(clock: ControlledClock, charged: number): number {
  const { delay_type, delay_ms = 0, increment_when } = stageOf(clock);
  if (delay_type === 'bronstein') return clock.main_ms < 0 ? 0 : Math.min(charged, delay_ms);
  return increment_when === 'before' ? 0 : increment(clock, clock.state.turns + 1);
}

/** The increment that is due after so many ended turns, ms. */
function increment(clock: ControlledClock, turns: number): number {
  const { increment_ms = 0, increment_every = 1, max_time_ms = Infinity } = stageOf(clock);
  const isLost = clock.main_ms < 0 || (clock.main_ms === 0 && wholeReserve(stageOf(clock)) > 0);
  return isLost || turns % increment_every !== 0 ? 0 : Math.min(increment_ms, Math.max(0, max_time_ms - clock.main_ms));
}

/** At the end of a turn fills the present period, and a block whose turns are made. */
function refillReserve(clock: ControlledClock, usesBlock: boolean): ControlledClock {
  const { byoyomi, canadian } = stageOf(clock);
  const { periods_left = 0, block_turns_left = 0 } = clock.state;
  if (byoyomi) return withReserve(clock, periods_left * byoyomi.period_ms);
  if (!canadian || !usesBlock) return clock;
  const isOver = block_turns_left === 1;
  return withReserve(clock, isOver ? canadian.block_ms : reserveLeft(clock), isOver ? canadian.turns : block_turns_left - 1);
}

/** The sum of a stage's periods, or its block, ms. */
function wholeReserve({ byoyomi, canadian }: Stage): number {
  return (byoyomi ? byoyomi.periods * byoyomi.period_ms : 0) + (canadian?.block_ms ?? 0);
}

/** The clock with so much time in its periods or its block; a period that is used up is gone. */
function withReserve(clock: ControlledClock, left: number, block_turns_left = clock.state.block_turns_left ?? 0): ControlledClock {
  const { byoyomi, canadian } = stageOf(clock);
  if (byoyomi) return { ...clock, state: { ...clock.state, ...periodsOf(left, byoyomi) } };
  return canadian ? { ...clock, state: { ...clock.state, block_turns_left, block_left_ms: left } } : clock;
}

/** How many periods this time makes, and the time left in the present one; a period that is used up is gone. */
export function periodsOf(left: number, { period_ms }: { period_ms: number }): { periods_left: number; period_left_ms: number } {
  const periods_left = Math.ceil(left / period_ms);
  return { periods_left, period_left_ms: left === 0 ? 0 : left - (periods_left - 1) * period_ms };
}
