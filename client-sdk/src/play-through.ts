/** Plays a time control through without a server and without waiting, for examples and to try one out. */
import { derive } from './clock/derive.ts';
import { setUp } from './clock/control.ts';
import { iso } from './clock/instants.ts';
import { draftOf, markExpired, predictSwitch, settleSession } from './clock/turns.ts';
import type { ParticipantState, SessionState, TimeControl } from './contract/index.ts';

export interface PlayedTurn {
  /** Whose turn it is: `player-1`, `player-2`, … */
  participant_id: string;
  /** When it begins and ends, ms after the game began, which is 1970 to the states. */
  begins_at: number;
  ends_at: number;
  /** Whether the turn was passed on, or the clock fell. */
  outcome: 'switch' | 'expiry';
  /** The session as the turn begins: `readClock` tells what any clock of it shows until `ends_at`. */
  state: SessionState;
  /** The session after the turn, the next one's clock running; after an expiry none does. */
  after: SessionState;
}

export interface PlayThroughOptions {
  /** Number of players; 2 by default. */
  players?: number;
  /** How far clocks go on below zero, ms; 0 by default. Not with periods, blocks or an hourglass. */
  overrun_ms?: number;
}

/**
 * Computes the clocks of players who take turns of these lengths, ms. A turn that is longer than its clock ends when
 * the clock falls, and is the last one.
 */
export function playThrough(control: TimeControl, turns_ms: readonly number[], options: PlayThroughOptions = {}): PlayedTurn[] {
  const turns: PlayedTurn[] = [];
  let state = begun(control, options);
  let begins_at = 0;
  for (const used of turns_ms) {
    const participant_id = state.active_participant_id ?? '';
    const switched = predictSwitch(state, begins_at + used);
    const deadline = state.deadline_at === null ? Infinity : Date.parse(state.deadline_at);
    const ends_at = switched === null ? deadline : begins_at + used;
    const after = switched ?? expired(state, ends_at);
    turns.push({ participant_id, begins_at, ends_at, outcome: switched === null ? 'expiry' : 'switch', state, after });
    if (switched === null) break;
    [state, begins_at] = [switched, ends_at];
  }
  return turns;
}

/** A session of players with this time control, the first one's turn just begun. */
function begun(control: TimeControl, { players = 2, overrun_ms = 0 }: PlayThroughOptions): SessionState {
  const at = iso(0);
  const { main_ms, state: clock } = setUp(control);
  const participants = Array.from({ length: players }, (_, index): ParticipantState => ({
    participant_id: `player-${index + 1}`,
    participant_index: index,
    group_id: null,
    total_time_ms: main_ms,
    time_used_ms: 0,
    time_remaining_ms: null,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
    clock,
  }));
  const state: SessionState = {
    session_id: 'play-through',
    sync_mode: 'per_participant',
    status: 'running',
    version: 1,
    epoch: 0,
    total_time_ms: null,
    time_per_cycle_ms: null,
    increment_ms: 0,
    max_time_ms: null,
    active_participant_id: participants[0]?.participant_id ?? null,
    active_group_id: null,
    cycle_started_at: at,
    cycle_time_used_ms: 0,
    cycle_count: 0,
    deadline_at: null,
    session_started_at: at,
    session_completed_at: null,
    created_at: at,
    updated_at: at,
    action_on_timeout: null,
    auto_advance: false,
    outage_policy: 'charge',
    warning_thresholds_ms: [],
    participants,
    groups: [],
    metadata: {},
    time_control: control,
  };
  if (overrun_ms > 0) state.overrun_ms = overrun_ms;
  derive(state, 0);
  return state;
}

/** The session after the running clock has fallen. */
function expired(state: SessionState, at: number): SessionState {
  const draft = draftOf(state);
  settleSession(draft, at);
  markExpired(draft);
  draft.status = 'expired';
  draft.cycle_started_at = null;
  draft.updated_at = iso(at);
  derive(draft, at);
  return draft;
}
