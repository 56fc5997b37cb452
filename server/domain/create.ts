import { derive, findParticipant, iso, modeOf } from '#clock';
import { type CreatePayload, DEFAULT_WARNING_THRESHOLDS_MS, type JsonObject, type SessionState } from '#contract';
import { checkCreate } from './check-create.ts';
import { waiting } from './clock-set.ts';
import type { Decision } from './decide.ts';
import type { SessionEvent } from './event.ts';
import { groupsOf } from './groups.ts';
import { participantOf, withClock } from './participants.ts';
import { itemsOf } from './programme.ts';
import { invalid, type Refusal } from './refusal.ts';
import { startFaults } from './schedule.ts';

/** A create with a `session_id` and, where users are asked who they are, an owner. */
export type NewSession = CreatePayload & { session_id: string; owner_id?: string | undefined };

/**
 * Refuses what can't be created at `now` (Unix ms): VALIDATION_ERROR with every field at fault; null where it can. The
 * payload has passed its schema; what is checked here spans fields, or depends on the time.
 */
export function refusalOfCreate(payload: CreatePayload, now: number): Refusal | null {
  const issues = [...checkCreate(payload, now), ...startFaults(payload.starts_at, now)];
  return issues.length > 0 ? invalid(issues) : null;
}

/** Creates a session at `now` (Unix ms), which is also its epoch, or refuses to. */
export function create(payload: NewSession, now: number): Decision {
  return refusalOfCreate(payload, now) ?? { ok: true, event: created(payload, now, now, {}) };
}

/**
 * The creation of a session at `now` (Unix ms) under an epoch, from a payload that was not refused. `note`: the event's
 * metadata.
 */
export function created(payload: NewSession, now: number, epoch: number, note: JsonObject): SessionEvent {
  const at = iso(now);
  const { participants, groups } = assign(payload);
  const state: SessionState = {
    session_id: payload.session_id,
    sync_mode: payload.sync_mode,
    status: 'pending',
    version: 1,
    epoch,
    total_time_ms: payload.total_time_ms ?? (modeOf(payload).given === 'total_time_ms' ? (payload.time_per_cycle_ms ?? null) : null),
    time_per_cycle_ms: payload.time_per_cycle_ms ?? null,
    increment_ms: payload.increment_ms ?? 0,
    max_time_ms: payload.max_time_ms ?? null,
    active_participant_id: payload.active_participant_id ?? null,
    active_group_id: payload.active_group_id ?? null,
    cycle_started_at: null,
    cycle_time_used_ms: 0,
    cycle_count: 0,
    deadline_at: null,
    session_started_at: null,
    session_completed_at: null,
    created_at: at,
    updated_at: at,
    action_on_timeout: payload.action_on_timeout ?? null,
    auto_advance: payload.auto_advance ?? false,
    outage_policy: payload.outage_policy ?? 'charge',
    warning_thresholds_ms: payload.warning_thresholds_ms ?? defaultThresholds(payload),
    participants,
    groups,
    metadata: payload.metadata ?? {},
  };
  // Without authentication a state has neither field.
  if (payload.owner_id !== undefined) state.owner_id = payload.owner_id;
  if (payload.time_control !== undefined) state.time_control = payload.time_control;
  if (payload.participants_may_pause === true) state.participants_may_pause = true;
  if (payload.undo_depth !== undefined && payload.undo_depth > 0)
    Object.assign(state, { undo_depth: payload.undo_depth, undo_available: 0 });
  if (payload.max_cycles !== undefined) state.max_cycles = payload.max_cycles;
  if (payload.idle_end_ms !== undefined) state.idle_end_ms = payload.idle_end_ms;
  if (payload.extension !== undefined) Object.assign(state, { extension: payload.extension, extended_ms: 0, extension_count: 0 });
  if (payload.items !== undefined)
    Object.assign(state, { items: itemsOf(payload.items, payload), item_index: null, round: 1, rounds: payload.rounds ?? 1 });
  const { overrun_ms = 0 } = payload;
  if (overrun_ms > 0) {
    state.overrun_ms = overrun_ms;
    state.zero_at = null;
  }
  if (payload.concurrent === true) {
    state.concurrent = true;
    if (payload.participants_may_start === true) state.participants_may_start = true;
    if (payload.closes_at !== undefined) state.closes_at = payload.closes_at;
    if (payload.warning_thresholds_percent !== undefined) state.warning_thresholds_percent = payload.warning_thresholds_percent;
    if (payload.answers !== undefined) state.answers = payload.answers;
    if (payload.late_finish_ms !== undefined) state.late_finish_ms = payload.late_finish_ms;
    state.participants = state.participants.map((one) => waiting(state, one));
  }
  if (payload.starts_at !== undefined) state.starts_at = payload.starts_at;
  const active = findParticipant(state, state.active_participant_id);
  if (active !== undefined) state.active_group_id = active.group_id;
  derive(state, now);
  const charge = { participant_id: null, group_id: null, time_elapsed_ms: 0, time_remaining_ms: null };
  return { event_type: 'session_created', at: now, ...charge, metadata: note, state };
}

/** A clock that goes on below zero also warns at zero by default. */
function defaultThresholds({ overrun_ms = 0 }: CreatePayload): number[] {
  return overrun_ms > 0 ? [...DEFAULT_WARNING_THRESHOLDS_MS, 0] : [...DEFAULT_WARNING_THRESHOLDS_MS];
}

/** Participants and groups as a state holds them: participants name their group, groups their members. */
function assign(payload: CreatePayload): Pick<SessionState, 'participants' | 'groups'> {
  const { owners } = modeOf(payload);
  const control = payload.time_control;
  const participants = (payload.participants ?? []).map((input, position) => {
    const participant = participantOf(input, input.participant_index ?? position);
    return owners === 'participants' ? withClock(participant, input.time_control, control) : participant;
  });
  if (owners !== 'groups') return { participants, groups: [] };
  const inputs = payload.groups ?? [];
  const groups = groupsOf(payload).map((group, position) => withClock(group, inputs[position]?.time_control, control));
  for (const group of groups) {
    const members = new Set(group.members);
    for (const participant of participants) if (members.has(participant.participant_id)) participant.group_id = group.group_id;
  }
  return { participants, groups };
}
