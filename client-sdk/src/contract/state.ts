/**
 * The state of a session as every client sees it. Instants (`…_at`) are ISO 8601 UTC with milliseconds; durations
 * (`…_ms`) are integers.
 */

import type { ItemState } from './programme.ts';
import type { ClockState, TimeControl } from './time-control.ts';

export const SYNC_MODES = ['per_participant', 'per_cycle', 'per_group', 'global', 'count_up'] as const;
export type SyncMode = (typeof SYNC_MODES)[number];

export const STATUSES = ['pending', 'running', 'paused', 'expired', 'completed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

export const OUTAGE_POLICIES = ['charge', 'credit', 'pause'] as const;
export type OutagePolicy = (typeof OUTAGE_POLICIES)[number];

/** What an undo does with the time that the undone turns used. */
export const UNDO_CLOCKS = ['restore', 'charge'] as const;
export type UndoClock = (typeof UNDO_CLOCKS)[number];

/** The status of a participant's clock in a concurrent session. `finished` and `expired` are final. */
export const CLOCK_STATUSES = ['waiting', 'running', 'paused', 'finished', 'expired'] as const;
export type ClockStatus = (typeof CLOCK_STATUSES)[number];
/** How an extension moves the end: later by `by_ms`, or to `by_ms` after it arrived. */
export const EXTENSION_MODES = ['add', 'reset'] as const;
export type ExtensionMode = (typeof EXTENSION_MODES)[number];

/** A soft close: who extends shortly before the end moves it. */
export interface Extension {
  /** How long before the end an extension moves it. */
  window_ms: number;
  by_ms: number;
  mode: ExtensionMode;
  /** By how much a cycle is extended at most, in all. */
  max_total_ms?: number | undefined;
  /** How often a cycle is extended at most. */
  max_count?: number | undefined;
}

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** The types of action that have a meaning; any other counts as `auto_action`. */
export const ACTION_TYPES = ['end_session', 'skip_cycle', 'auto_action'] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

/**
 * What happens when a clock runs out. `type` decides; all other fields belong to the application and come back as they
 * were given.
 */
export type ActionOnTimeout = { type: ActionType | (string & {}); [key: string]: JsonValue };

export interface ParticipantState {
  participant_id: string;
  participant_index: number;
  group_id: string | null;
  /**
   * The bank in `per_participant`, less what was charged; in other modes the value given at create. With a time
   * control: main time as settled.
   */
  total_time_ms: number | null;
  time_used_ms: number;
  /**
   * Time left on all buckets until the clock runs out; where it goes on below zero, until zero, and negative after it.
   * As of the session's `updated_at`; `remaining()` computes it for any other instant.
   */
  time_remaining_ms: number | null;
  cycle_count: number;
  is_active: boolean;
  has_expired: boolean;
  has_gone: boolean;
  /** Their own time control, where they have one. */
  time_control?: TimeControl;
  /** Where their clock stands; only with a time control. */
  clock?: ClockState;
  /** The status of their own clock; this and the fields below exist only in a concurrent session. */
  clock_status?: ClockStatus;
  /** The instant up to which their clock is settled; null unless clock and session run. */
  cycle_started_at?: string | null;
  /** When their clock falls; null unless clock and session run. */
  deadline_at?: string | null;
  /** When it is at zero, where it goes on below (`overrun_ms`), or closed if that is before; null unless it runs. */
  zero_at?: string | null;
  /** When they finished: the instant at which their `finish` reached the server. */
  finished_at?: string | null;
  /** When their clock fell. */
  expired_at?: string | null;
  /** When they finished after their clock had fallen: how long after, ms. */
  late_by_ms?: number;
  /** The answer with which they finished. Absent while it is hidden from whoever reads the state. */
  answer?: JsonValue;
  /** What their clock was given, in `per_cycle` in this cycle, with adjustments, ms; null for endless stopwatches. */
  given_ms?: number | null;
  /** What was settled of the present cycle; only in `per_cycle`. */
  cycle_time_used_ms?: number;
  /** Multiplies the time that their clock is given; only where create gave it. */
  time_factor?: number;
  /** Time that their clock is given on top of that, ms; only where create gave it. */
  extra_time_ms?: number;
  /** When their clock is closed, in place of the session's `closes_at`; only where it was given. */
  closes_at?: string;
  /** Their name; present only where it was given. */
  name?: string;
  /** Free JSON of the application; present only where it was given. */
  metadata?: JsonObject;
  /** Present while they are out of the order: their clock stands, and nothing waits for them. */
  withdrawn?: true;
  /** Present while they take no part in the present cycle, which they joined late; they begin with the next one. */
  sits_out?: true;
}

export interface GroupState {
  group_id: string;
  total_time_ms: number;
  time_used_ms: number;
  is_active: boolean;
  has_expired: boolean;
  members: string[];
  /** Its own time control, where it has one. */
  time_control?: TimeControl;
  /** Where its clock stands; only with a time control. */
  clock?: ClockState;
}

export interface SessionState {
  session_id: string;
  sync_mode: SyncMode;
  status: Status;
  /** Grows by exactly 1 with each event. Order states by (epoch, version). */
  version: number;
  epoch: number;
  total_time_ms: number | null;
  time_per_cycle_ms: number | null;
  increment_ms: number;
  max_time_ms: number | null;
  active_participant_id: string | null;
  active_group_id: string | null;
  /** The instant up to which the running clock is settled; null unless running. */
  cycle_started_at: string | null;
  /** The settled time of the current cycle; in `global` and `count_up` of the whole session. */
  cycle_time_used_ms: number;
  cycle_count: number;
  /** When the running clock runs out, with `overrun_ms` below zero; null if it never does, and unless running. */
  deadline_at: string | null;
  session_started_at: string | null;
  session_completed_at: string | null;
  created_at: string;
  updated_at: string;
  action_on_timeout: ActionOnTimeout | null;
  auto_advance: boolean;
  outage_policy: OutagePolicy;
  warning_thresholds_ms: number[];
  participants: ParticipantState[];
  groups: GroupState[];
  metadata: JsonObject;
  /** The `sub` of the user who created it; only where users are asked who they are. */
  owner_id?: string;
  /** The time control of every clock that has none of its own. */
  time_control?: TimeControl;
  /** Present only where participants may pause and resume. */
  participants_may_pause?: true;
  /** Present only where participants may start their own clocks before the session runs. */
  participants_may_start?: true;
  /** The most turns that can be taken back; present only where that is above 0. */
  undo_depth?: number;
  /** How many turns `session:undo` can take back now; beside `undo_depth`. */
  undo_available?: number;
  /** How far below zero clocks go on before they expire; present only where they do. */
  overrun_ms?: number;
  /**
   * When the running clock is at zero, `overrun_ms` before `deadline_at`; present with `overrun_ms`, null unless
   * running. Time left counts to this instant and is negative after it.
   */
  zero_at?: string | null;
  /** Present only where every participant has a clock that runs by itself. */
  concurrent?: true;
  /** When every clock that has not ended falls, whatever it has; only where it was given. */
  closes_at?: string;
  /** Parts of what a clock was given, in per cent, at which its room is warned; only where they were given. */
  warning_thresholds_percent?: number[];
  /** Present only where answers are hidden until their cycle has ended. */
  answers?: 'hidden';
  /** For how long after the fall of a clock its finish is still taken, ms; only where it was given. */
  late_finish_ms?: number;
  /** Present only where the end can be extended, as are the two fields below. */
  extension?: Extension;
  /** By how much the present cycle was extended; in `global` the countdown. */
  extended_ms?: number;
  /** How many extensions moved its end. */
  extension_count?: number;
  /**
   * Present only where a start was planned: the instant at which the pending session starts by itself. It stays after
   * the start, and is null once the plan was taken away.
   */
  starts_at?: string | null;
  /** The programme; present only in sessions that were created with one, as are the three fields below. */
  items?: ItemState[];
  /** Index of the item that runs, or that ran last; null before the start. */
  item_index?: number | null;
  /** The present round of the programme, counted from 1. */
  round?: number;
  /** How many rounds the programme has. */
  rounds?: number;
  /** After how many cycles the session ends; present only where it was given. */
  max_cycles?: number;
  /** After so long without a command and a connection, ms, it is cancelled; present only where it was given. */
  idle_end_ms?: number;
  /** The outcome that `session:complete` gave; present only where it gave one. */
  outcome?: JsonValue;
}
