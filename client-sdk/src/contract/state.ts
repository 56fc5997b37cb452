/**
 * The state of a session as every client sees it. Instants (`…_at`) are ISO 8601 UTC with milliseconds; durations
 * (`…_ms`) are integers.
 */

import type { ClockState, TimeControl } from './time-control.ts';

export const SYNC_MODES = ['per_participant', 'per_cycle', 'per_group', 'global', 'count_up'] as const;
export type SyncMode = (typeof SYNC_MODES)[number];

export const STATUSES = ['pending', 'running', 'paused', 'expired', 'completed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

export const OUTAGE_POLICIES = ['charge', 'credit', 'pause'] as const;
export type OutagePolicy = (typeof OUTAGE_POLICIES)[number];

/** What becomes of the time that turns have used which are taken back. */
export const UNDO_CLOCKS = ['restore', 'charge'] as const;
export type UndoClock = (typeof UNDO_CLOCKS)[number];

/** What the clock of a participant of a concurrent session does. `finished` and `expired` are for good. */
export const CLOCK_STATUSES = ['waiting', 'running', 'paused', 'finished', 'expired'] as const;
export type ClockStatus = (typeof CLOCK_STATUSES)[number];

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** The types of action that have a meaning; any other counts as `auto_action`. */
export const ACTION_TYPES = ['end_session', 'skip_cycle', 'auto_action'] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

/**
 * What happens when a clock runs out. `type` decides; everything else is the application's own and comes back as it was
 * given.
 */
export type ActionOnTimeout = { type: ActionType | (string & {}); [key: string]: JsonValue };

export interface ParticipantState {
  participant_id: string;
  participant_index: number;
  group_id: string | null;
  /**
   * The bank in `per_participant`, where it drains as time is charged; elsewhere as given. With a time control: main
   * time as settled.
   */
  total_time_ms: number | null;
  time_used_ms: number;
  /**
   * What is left until the clock runs out, everything included, or until zero where it goes on below it, and then
   * negative. As of the session's `updated_at`; `remaining()` computes it for any other instant.
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
  /** What their own clock does; this and the fields below are there only in a concurrent session. */
  clock_status?: ClockStatus;
  /** The instant from which their clock is not settled yet; null unless it runs and the session does. */
  cycle_started_at?: string | null;
  /** When their clock falls; null unless it runs and the session does. */
  deadline_at?: string | null;
  /** When they finished: the instant at which their `finish` reached the server. */
  finished_at?: string | null;
  /** When their clock fell. */
  expired_at?: string | null;
  /** When they finished after their clock had fallen: how long after, ms. */
  late_by_ms?: number;
  /** What they finished with. */
  answer?: JsonValue;
  /** What their clock was given, ms, in `per_cycle` in this cycle, adjustments included; null for one without end. */
  given_ms?: number | null;
  /** What was settled of the present cycle; only in `per_cycle`. */
  cycle_time_used_ms?: number;
  /** How many times the time of the others they have; only where it was given. */
  time_factor?: number;
  /** What they have beyond that, ms; only where it was given. */
  extra_time_ms?: number;
  /** When their clock is closed, in place of the session's `closes_at`; only where it was given. */
  closes_at?: string;
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
  /** The instant from which nothing is settled yet; null unless running. */
  cycle_started_at: string | null;
  /** What was settled of the current cycle; in `global` and `count_up` of the whole session. */
  cycle_time_used_ms: number;
  cycle_count: number;
  /** When the running clock runs out, if it does; null unless running. Below zero where there is `overrun_ms`. */
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
  /** There only where participants may pause and resume. */
  participants_may_pause?: true;
  /** There only where participants may start their own clocks before the session runs. */
  participants_may_start?: true;
  /** How many turns can be taken back at most; there only where some can. */
  undo_depth?: number;
  /** How many turns `session:undo` can take back now; beside `undo_depth`. */
  undo_available?: number;
  /** There only where clocks go on below zero: how far, before they expire. */
  overrun_ms?: number;
  /**
   * There with `overrun_ms`: when the running clock is at zero, `overrun_ms` before `deadline_at`; null unless running.
   * All time left counts to this instant and is negative after it.
   */
  zero_at?: string | null;
  /** There only where every participant has a clock that runs by itself. */
  concurrent?: true;
  /** When every clock that has not ended falls, whatever it has; only where it was given. */
  closes_at?: string;
  /** Parts of what a clock was given, in per cent, at which its room is warned; only where they were given. */
  warning_thresholds_percent?: number[];
  /** For how long after the fall of a clock its finish is still taken, ms; only where it was given. */
  late_finish_ms?: number;
}
