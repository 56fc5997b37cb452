/** The events to a session's room, and the rows of the audit trail. */
import type { Actor, AuthExpiredEvent } from './access.ts';
import type { HistoryChanges, StateChanges } from './changes.ts';
import type { CommandName, Commands } from './commands.ts';
import type { Reply } from './reply.ts';
import type { ActionOnTimeout, JsonObject, JsonValue, SessionState } from './state.ts';

export const EVENT_TYPES = [
  'session_created',
  'session_started',
  'cycle_switched',
  'session_paused',
  'session_resumed',
  'session_adjusted',
  'participant_expired',
  'session_completed',
  'session_cancelled',
  'session_deleted',
  'session_recovered',
  'session_credited',
  'session_undone',
  'participant_started',
  'participant_paused',
  'participant_resumed',
  'participant_finished',
  'session_extended',
  'session_scheduled',
  'session_edited',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One row of the audit trail: what happened, whose clock was charged, how much, and the whole state after it. */
export interface HistoryEvent {
  session_id: string;
  epoch: number;
  version: number;
  event_type: EventType;
  /** ISO instant at which it happened; of an expiry its deadline. */
  timestamp: string;
  participant_id: string | null;
  group_id: string | null;
  /** What was charged; null where several clocks were charged. */
  time_elapsed_ms: number | null;
  time_remaining_ms: number | null;
  state_snapshot: SessionState;
  /**
   * Has `command_id`, `reason`, `actor`, `action_applied` and `scheduled` where there are any. Where answers are
   * hidden, a finish has `hidden: true`, and the event that ends the cycle its `answers`.
   */
  metadata: JsonObject;
}

/** An event of a history that was asked for with `snapshots: changes` or `none`. */
export interface BriefHistoryEvent extends Omit<HistoryEvent, 'state_snapshot'> {
  /** With `changes`: the whole state, at the first event of a page and where no event of the same epoch is before. */
  state_snapshot?: SessionState;
  /** With `changes`, at all other events. */
  changes?: HistoryChanges;
}

/** Fields that every session event carries; `server_time_ms` is the instant of sending. */
export interface EventEnvelope {
  session_id: string;
  epoch: number;
  version: number;
  server_time_ms: number;
}

/** What a participant answered in a cycle with hidden answers that has ended. */
export interface CycleAnswer {
  participant_id: string;
  finished_at: string | null;
  answer: JsonValue;
}

export interface UpdateEvent extends EventEnvelope {
  event_type: EventType;
  /** Only where a cycle with hidden answers has ended: all of them, also where the next cycle has begun already. */
  answers?: CycleAnswer[];
  state: SessionState;
}

/**
 * A `session:update` that holds `changes` since version `since_version` instead of the state. Only sockets that joined
 * with `deltas` get it, and only in sessions of ten participants or more.
 */
export interface ChangesEvent extends EventEnvelope {
  event_type: EventType;
  /** As in `UpdateEvent`; of several cycles that ended, those of the last one. */
  answers?: CycleAnswer[];
  /** 2 in a session that only sockets are told of by changes which joined with `deltas: 2` (`secondForm`). */
  deltas?: 2;
  /** They lead from this version, and from any between it and `version`. */
  since_version: number;
  changes: StateChanges;
}

export interface ExpiredEvent extends EventEnvelope {
  expired_participant_id: string | null;
  /**
   * Only in a concurrent session: all participants whose clocks fell at that instant; with several the field above is
   * null.
   */
  expired_participant_ids?: string[];
  expired_group_id: string | null;
  expired_at: string;
  action_applied: ActionOnTimeout | null;
}

export interface WarningEvent extends EventEnvelope {
  /** Whose clock crossed it. Null where more than 50 clocks of a concurrent session did: see `participant_ids`. */
  participant_id: string | null;
  participant_ids?: string[];
  group_id: string | null;
  /** What is left until zero: 0 as time is up, negative while the clock goes on below zero. */
  threshold_ms: number;
  /** Where the threshold is a part of what the clock was given. */
  threshold_percent?: number;
  deadline_at: string;
  /** Present only where clocks go on below zero. */
  zero_at?: string;
}

export interface MessageEvent {
  session_id: string;
  message: JsonValue;
  /**
   * When the message reached the server, in whole Unix ms: before a `deadline_at` it was in time. Absent from an older
   * server.
   */
  arrived_at_ms?: number;
  /** When it was sent to the room. */
  server_time_ms: number;
  /** Who sent it; absent where nobody is asked who they are. */
  actor?: Actor;
}

export interface ServerToClientEvents {
  'session:update': (event: UpdateEvent | ChangesEvent) => void;
  'session:expired': (event: ExpiredEvent) => void;
  'session:warning': (event: WarningEvent) => void;
  'session:deleted': (event: EventEnvelope) => void;
  'session:message': (event: MessageEvent) => void;
  'auth:expired': (event: AuthExpiredEvent) => void;
  'server:closing': (event: { reconnect_in_ms: number }) => void;
}

export type ClientToServerEvents = {
  [C in CommandName]: (payload: Commands[C]['payload'], ack: (reply: Reply<Commands[C]['data']>) => void) => void;
};
