/**
 * Payloads of the commands and the data of their successes. REST takes the same payloads, with `session_id` in the
 * path.
 */
import type { CodeData, CodeWay, LinksData, OpenedCodeData, RefreshData, RefreshPayload, ShareData, SharedRole } from './access.ts';
import type { BriefHistoryEvent, EventType, HistoryEvent } from './events.ts';
import type { ItemInput } from './programme.ts';
import type { ActionOnTimeout, Extension, JsonObject, JsonValue, OutagePolicy, SessionState, SyncMode, UndoClock } from './state.ts';
import type { TimeControl } from './time-control.ts';

/** Fields that every command on a session may have. */
export interface CommandOptions {
  /** Apply only to exactly this version of the session. */
  expected_version?: number | undefined;
  /** Idempotency key, for each session and sender: the same command sent twice takes effect once. */
  command_id?: string | undefined;
}

export interface SessionPayload extends CommandOptions {
  session_id: string;
}

export interface ParticipantInput {
  participant_id: string;
  participant_index?: number | undefined;
  total_time_ms?: number | undefined;
  group_id?: string | undefined;
  /** Their own time control, in `per_participant`. */
  time_control?: TimeControl | undefined;
  /** Multiplies the time that their clock is given: 1 to 10, at most two decimals; only in a concurrent session. */
  time_factor?: number | undefined;
  /** Time that their clock is given on top of that, ms; only in a concurrent session. */
  extra_time_ms?: number | undefined;
  /** When their clock is closed, in place of the session's `closes_at`. */
  closes_at?: string | undefined;
  /** Their name: 1 to 100 characters. */
  name?: string | undefined;
  /** Free JSON of the application, up to 2 KiB. */
  metadata?: JsonObject | undefined;
}

export interface GroupInput {
  group_id: string;
  /** Required unless a time control gives the group its time. */
  total_time_ms?: number | undefined;
  /** Its own time control. */
  time_control?: TimeControl | undefined;
  members?: string[] | undefined;
}

export interface CreatePayload extends CommandOptions {
  session_id?: string | undefined;
  sync_mode: SyncMode;
  participants?: ParticipantInput[] | undefined;
  groups?: GroupInput[] | undefined;
  total_time_ms?: number | undefined;
  time_per_cycle_ms?: number | undefined;
  increment_ms?: number | undefined;
  max_time_ms?: number | undefined;
  /** The time control of every clock that has none of its own, in `per_participant` and `per_group`. */
  time_control?: TimeControl | undefined;
  active_participant_id?: string | undefined;
  active_group_id?: string | undefined;
  action_on_timeout?: ActionOnTimeout | undefined;
  auto_advance?: boolean | undefined;
  outage_policy?: OutagePolicy | undefined;
  /** Above 0; with `overrun_ms` above `-overrun_ms`, where 0 is the instant at which time is up. */
  warning_thresholds_ms?: number[] | undefined;
  /** How far below zero a clock goes on before it expires, ms; not in `count_up`. Absent or 0: it expires at zero. */
  overrun_ms?: number | undefined;
  metadata?: JsonObject | undefined;
  /** Whether a participant may pause and resume, where users have roles. */
  participants_may_pause?: boolean | undefined;
  /** Whether a participant may start their own clock before the session runs, where users have roles. */
  participants_may_start?: boolean | undefined;
  /** How many turns can be taken back at most: 0 (default) to 20. */
  undo_depth?: number | undefined;
  /** Whether every participant has a clock that runs by itself: `per_participant`, `per_cycle` and `count_up`. */
  concurrent?: boolean | undefined;
  /** When every clock that has not ended falls, whatever it has; only in a concurrent session. */
  closes_at?: string | undefined;
  /** Warn when so much of what a clock was given is left, in per cent: 1 to 99; only in a concurrent session. */
  warning_thresholds_percent?: number[] | undefined;
  /** For how long after the fall of a clock its finish is still taken, ms; only in a concurrent `per_participant`. */
  late_finish_ms?: number | undefined;
  /** Hides the answers of participants until their cycle has ended; only in a concurrent session. */
  answers?: 'hidden' | undefined;
  /** A soft close, in `per_cycle` and `global`: `session:extend` moves the end. */
  extension?: Extension | undefined;
  /** When it starts by itself, ISO 8601 in UTC with milliseconds: in the future, at most 400 days ahead. */
  starts_at?: string | undefined;
  /** The programme, in `per_cycle`: what is done in its cycles, one item after the other. */
  items?: ItemInput[] | undefined;
  /** How often the programme is gone through: 1 (default) to 1000. */
  rounds?: number | undefined;
  /** After how many cycles the session ends. */
  max_cycles?: number | undefined;
  /** After so long without a command and a connection, ms, the running session is cancelled; default: the server's. */
  idle_end_ms?: number | undefined;
}

export interface JoinPayload extends SessionPayload {
  last_known_version?: number | undefined;
  last_known_epoch?: number | undefined;
  /** Updates of a large session may tell what has changed instead of the whole state. */
  deltas?: boolean | 2 | undefined;
}

export interface StartPayload extends SessionPayload {
  active_participant_id?: string | undefined;
  /** Starts the clock of this participant alone; only in a concurrent session. */
  participant_id?: string | undefined;
}

export interface PausePayload extends SessionPayload {
  /** Stops or resumes the clock of this participant alone; only in a concurrent session. */
  participant_id?: string | undefined;
}

export interface FinishPayload extends SessionPayload {
  participant_id: string;
  /** Guard: the command applies only in this cycle of the session. */
  cycle_count?: number | undefined;
  /** The answer of the finish: any JSON of at most 1 KiB. */
  answer?: JsonValue | undefined;
}

export interface SwitchPayload extends SessionPayload {
  /** Guard: the switch applies only while this participant is active. */
  current_participant_id?: string | undefined;
  next_participant_id?: string | undefined;
  /** The item that begins, forward or back, where there is a programme; by default the next one that waits. */
  next_item_id?: string | undefined;
  /** Guard: the switch applies only in this cycle. While that lasts the server tries again after a lost race. */
  cycle_count?: number | undefined;
  /** The answer of a large session may hold only the participants that have changed. */
  deltas?: boolean | undefined;
}

export interface AdjustPayload extends SessionPayload {
  delta_ms: number;
  participant_id?: string | undefined;
  group_id?: string | undefined;
  reason?: string | undefined;
}

export interface ExtendPayload extends SessionPayload {
  /** Who extends. */
  participant_id?: string | undefined;
  reason?: string | undefined;
  /** Guard: extend only this cycle, by the state's `cycle_count`. */
  cycle_count?: number | undefined;
}

export interface UndoPayload extends SessionPayload {
  /** How many turns to take back, 1 (default) to 20. */
  turns?: number | undefined;
  /** Whether clocks get back the time that the turns used (default), or stay charged with it. */
  clock?: UndoClock | undefined;
}

export interface SchedulePayload extends SessionPayload {
  /** When the pending session starts by itself, as on create. Without this and `closes_at` the plan is taken away. */
  starts_at?: string | undefined;
  /** When the clocks of a concurrent session are closed, until it has ended. */
  closes_at?: string | undefined;
  /** Whose closing is meant; absent: that of everybody who has none of their own. */
  participant_id?: string | undefined;
}

/**
 * A participant who joins, as a create has them; or changes of one who is there: the name, metadata, and whether they
 * are out of the order.
 */
export interface ParticipantEdit extends ParticipantInput {
  withdrawn?: boolean | undefined;
}

export interface EditPayload extends SessionPayload {
  /**
   * The whole programme as it is to be. Items that have begun come first and stay unchanged; their absent fields keep
   * their values. The other items replace those that have not begun.
   */
  items?: ItemInput[] | undefined;
  /**
   * Participants whose ids are new join, those who are there are changed. Metadata is merged by its top-level keys;
   * null removes one.
   */
  participants?: ParticipantEdit[] | undefined;
  /** Merged into the session's by its top-level keys; null removes one. */
  metadata?: JsonObject | undefined;
}

export interface CompletePayload extends SessionPayload {
  /** The outcome: any JSON up to 1 KiB. */
  outcome?: JsonValue | undefined;
}

export interface CancelPayload extends SessionPayload {
  reason?: string | undefined;
}

export interface MessagePayload extends SessionPayload {
  message: JsonValue;
}

/**
 * What events of a history tell of the state after them: `all` of it in `state_snapshot`, the `changes` that led to it
 * with the whole state at the first event of a page, or `none` of it.
 */
export const SNAPSHOTS = ['all', 'changes', 'none'] as const;
export type Snapshots = (typeof SNAPSHOTS)[number];

export interface HistoryPayload extends SessionPayload {
  after_version?: number | undefined;
  /** The most versions that a page covers. A page also ends at a megabyte, so fewer events do not mean the end. */
  limit?: number | undefined;
  /** Only events of these types; absent: all. Pages may then hold fewer events than `limit`, or none. */
  event_types?: EventType[] | undefined;
  /**
   * The incarnation of the id that was created at this instant, the `created_at` of its states; absent: the present
   * one.
   */
  created_at?: string | undefined;
  /** Default `all`. */
  snapshots?: Snapshots | undefined;
}

export interface SharePayload extends SessionPayload {
  role: SharedRole;
  /** Whose turns the holder may end; required for `participant`. */
  participant_id?: string | undefined;
  /** Seconds until the link ends. */
  expires_in?: number | undefined;
}

export interface RevokePayload extends SessionPayload {
  link_id: string;
}

export interface CodePayload extends SessionPayload {
  way: CodeWay;
  /** As whom one plays; required for `play`, refused for others. */
  participant_id?: string | undefined;
  /** Seconds until the code ends. */
  expires_in?: number | undefined;
}

export interface OpenCodePayload extends CommandOptions {
  code: string;
}

export interface TimeSyncPayload {
  client_time_ms?: number | undefined;
}

export interface JoinData {
  state: SessionState;
  /** Versions since `last_known_version`; null without it or when the epochs differ. */
  missed: number | null;
}

export interface SwitchData {
  session_id: string;
  epoch: number;
  version: number;
  status: SessionState['status'];
  active_participant_id: string | null;
  active_group_id: string | null;
  cycle_started_at: string | null;
  participants: SessionState['participants'];
  /** Of a finish: the instant at which it reached the server, to which it was charged. */
  finished_at?: string;
  /** Present only in a session with a programme, as are `item_index` and `round`. */
  cycle_count?: number;
  item_index?: number | null;
  round?: number;
  expired_participant_id?: string | null;
  action_applied?: ActionOnTimeout | null;
}

export interface ExtendData {
  state: SessionState;
  /** By how much it moved the end; 0 where it did not. Null where the command had its effect in an earlier call. */
  extended_ms: number | null;
}

export interface HistoryData {
  events: HistoryEvent[];
  /** The `after_version` of the next page; the page that returns the `after_version` of its request is the last one. */
  next_after_version: number;
}

/** As `HistoryData`, where it was asked for with `snapshots: changes` or `none`. */
export interface BriefHistoryData extends Omit<HistoryData, 'events'> {
  events: BriefHistoryEvent[];
}

/** The body of `GET /time`. Instants may carry fractions of a millisecond. */
export interface TimeData {
  timestamp_ms: number;
  server_version: string;
  drift_tolerance_ms: number;
  /** The true time of the authoritative clock lies within ± this of `timestamp_ms`. */
  error_bound_ms: number;
}

/** By which addresses other devices reach a server: the data of `GET /v1/reach`. */
export interface ReachData {
  /** Where its operator says that people find the page, with a slash at its end; null if that is not set. */
  public_url: string | null;
  /** Whether only programs of its own machine reach it. */
  loopback_only: boolean;
  /** Addresses of its machine, or what they would be if it listened on them; told only to callers on that machine. */
  addresses: string[];
}

/** With the client's own receive instant, the four timestamps of NTP (RFC 5905). */
export interface TimeSyncData {
  client_time_ms: number | null;
  server_receive_time_ms: number;
  server_send_time_ms: number;
  error_bound_ms: number;
}

export type EmptyData = Record<string, never>;

/** Every command with its payload and the data of its success. */
export interface Commands {
  'session:create': { payload: CreatePayload; data: SessionState };
  'session:join': { payload: JoinPayload; data: JoinData };
  'session:leave': { payload: SessionPayload; data: EmptyData };
  'session:get': { payload: SessionPayload; data: SessionState };
  /** A start, pause or resume that names a participant of a concurrent session has the answer of a finish. */
  'session:start': { payload: StartPayload; data: SessionState };
  'session:switch': { payload: SwitchPayload; data: SwitchData };
  'session:pause': { payload: PausePayload; data: SessionState };
  'session:resume': { payload: PausePayload; data: SessionState };
  /** A switch result with `finished_at`, and only that participant in `participants`. */
  'session:finish': { payload: FinishPayload; data: SwitchData };
  'session:adjust': { payload: AdjustPayload; data: SessionState };
  'session:extend': { payload: ExtendPayload; data: ExtendData };
  'session:undo': { payload: UndoPayload; data: SessionState };
  'session:schedule': { payload: SchedulePayload; data: SessionState };
  'session:edit': { payload: EditPayload; data: SessionState };
  'session:complete': { payload: CompletePayload; data: SessionState };
  'session:cancel': { payload: CancelPayload; data: SessionState };
  'session:delete': { payload: SessionPayload; data: EmptyData };
  'session:message': { payload: MessagePayload; data: EmptyData };
  'session:history': { payload: HistoryPayload; data: HistoryData };
  'session:share': { payload: SharePayload; data: ShareData };
  'session:links': { payload: SessionPayload; data: LinksData };
  'session:revoke': { payload: RevokePayload; data: EmptyData };
  'session:code': { payload: CodePayload; data: CodeData };
  'code:open': { payload: OpenCodePayload; data: OpenedCodeData };
  'auth:refresh': { payload: RefreshPayload; data: RefreshData };
  'time:sync': { payload: TimeSyncPayload; data: TimeSyncData };
}
export type CommandName = keyof Commands;
