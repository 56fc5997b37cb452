/**
 * Time controls: what a clock has, and when it gets more. Durations (`…_ms`) are integers, milliseconds. What each
 * field does is told in docs/PROTOCOL.md.
 */

/** What a clock has in one part of a game. */
export interface Stage {
  /** Main time that the stage adds. */
  time_ms: number;
  /** Own turns after which the stage ends. Every stage but the last has `turns` or `at_zero`. */
  turns?: number | undefined;
  /** The stage ends when main time is used up, and the clock goes on with the next one. */
  at_zero?: 'next' | undefined;
  /** What a turn adds to main time. */
  increment_ms?: number | undefined;
  /** Only each so many turns earn the increment, counted from the first turn of the game; 1 by default. */
  increment_every?: number | undefined;
  /** Whether a turn earns the increment when it ends, as by default, or has it already when it begins. */
  increment_when?: 'after' | 'before' | undefined;
  /** No increment lifts main time above this. */
  max_time_ms?: number | undefined;
  /** What passes of each turn before main time drains (`simple`), or what a turn gives back of what it used. */
  delay_ms?: number | undefined;
  /** `simple` by default. */
  delay_type?: 'simple' | 'bronstein' | undefined;
  /** Periods after main time; the present one is whole again when a turn ends. Last stage only. */
  byoyomi?: { period_ms: number; periods: number } | undefined;
  /** A block of time after main time, for so many turns; after them there is a fresh one. Last stage only. */
  canadian?: { block_ms: number; turns: number } | undefined;
}

/** The time control of a clock. */
export interface TimeControl {
  stages: Stage[];
  /** After the `turns` of the last stage it begins anew. */
  repeat_last?: true | undefined;
  /** What one clock uses, the others receive. */
  hourglass?: true | undefined;
  /** A turn is charged whole units, rounded down. */
  charge_unit_ms?: number | undefined;
  /** A turn is charged this at least, but never so much that the clock falls. */
  least_charge_ms?: number | undefined;
}

/**
 * Where a clock with a time control stands, as settled; its main time is the owner's `total_time_ms`. A field of
 * periods or of a block is there in every stage that has them.
 */
export interface ClockState {
  /** Own turns that ended by a switch, since the start of the game. */
  turns: number;
  /** Index of the stage, from 0. */
  stage: number;
  /** Own turns that ended in this stage. */
  stage_turns: number;
  /** What is settled of the present turn. */
  turn_used_ms: number;
  /** Periods left, the present one included. */
  periods_left?: number;
  /** What is left of the present period. */
  period_left_ms?: number;
  /** Turns that are still to be made in this block. */
  block_turns_left?: number;
  /** What is left of the block. */
  block_left_ms?: number;
  /** What the present turn took of main time; only where it was settled before its end and took some. */
  turn_main_ms?: number;
  /** What the present turn took of periods or block; only where it was settled before its end and took some. */
  turn_reserve_ms?: number;
}
