/**
 * Time controls: which time a clock has, and when it gets more. Durations (`…_ms`) are integers, milliseconds.
 * docs/PROTOCOL.md explains each field.
 */

/** The time of a clock in one part of a game. */
export interface Stage {
  /** Main time that the stage adds. */
  time_ms: number;
  /** Own turns after which the stage ends. Every stage but the last has `turns` or `at_zero`. */
  turns?: number | undefined;
  /** The stage ends when main time is used up, and the clock goes on with the next one. */
  at_zero?: 'next' | undefined;
  /** The increment that a turn adds to main time. */
  increment_ms?: number | undefined;
  /** Every n-th turn earns the increment, counted from the first turn of the game; 1 by default. */
  increment_every?: number | undefined;
  /** Whether a turn gets the increment when it ends (default) or when it begins. */
  increment_when?: 'after' | 'before' | undefined;
  /** No increment lifts main time above this. */
  max_time_ms?: number | undefined;
  /**
   * The part of each turn that passes before main time drains (`simple`), or that the turn gives back at its end
   * (`bronstein`).
   */
  delay_ms?: number | undefined;
  /** `simple` by default. */
  delay_type?: 'simple' | 'bronstein' | undefined;
  /** Periods after main time; the present one is whole again when a turn ends. Last stage only. */
  byoyomi?: { period_ms: number; periods: number } | undefined;
  /** A block of time after main time, for so many turns; a new block follows after these. Last stage only. */
  canadian?: { block_ms: number; turns: number } | undefined;
}

/** The time control of a clock. */
export interface TimeControl {
  stages: Stage[];
  /** After the `turns` of the last stage it begins anew. */
  repeat_last?: true | undefined;
  /** The time that one clock uses goes to the others. */
  hourglass?: true | undefined;
  /** A turn is charged whole units, rounded down. */
  charge_unit_ms?: number | undefined;
  /** A turn is charged at least this, but never so much that the clock falls. */
  least_charge_ms?: number | undefined;
}

/**
 * Where a clock with a time control stands, as settled; its main time is the owner's `total_time_ms`. The fields of
 * periods or of a block are present in every stage that has them.
 */
export interface ClockState {
  /** Own turns that ended by a switch, since the start of the game. */
  turns: number;
  /** Index of the stage, from 0. */
  stage: number;
  /** Own turns that ended in this stage. */
  stage_turns: number;
  /** The settled time of the present turn. */
  turn_used_ms: number;
  /** Periods left, the present one included. */
  periods_left?: number;
  /** Time left in the present period. */
  period_left_ms?: number;
  /** Turns that are still to be made in this block. */
  block_turns_left?: number;
  /** Time left in the block. */
  block_left_ms?: number;
  /** Main time that the present turn used; present only if it was settled before its end and used some. */
  turn_main_ms?: number;
  /**
   * Time of periods or block that the present turn used; present only if it was settled before its end and used some.
   */
  turn_reserve_ms?: number;
}
