import {
  CLOCK_MAX_MS,
  type CreatePayload,
  DEFAULT_WARNING_THRESHOLDS_MS,
  type FieldIssue,
  type ParticipantInput,
  type ParticipantState,
  type SessionState,
} from '#contract';
import { findRule } from './clock-rule.ts';
import type { Decision } from './decide.ts';
import { activate, derive, iso } from './draft.ts';
import { invalid } from './refusal.ts';
import { findParticipant } from './rotation.ts';

/**
 * Creates a session at `now` (Unix ms), which is also its first epoch. The payload has passed its schema; what is checked here spans fields.
 * Refusal: VALIDATION_ERROR with every field at fault.
 */
export function create(payload: CreatePayload & { session_id: string }, now: number): Decision {
  const issues = check(payload);
  if (issues.length > 0) return invalid(issues);

  const at = iso(now);
  const state: SessionState = {
    session_id: payload.session_id,
    sync_mode: payload.sync_mode,
    status: 'pending',
    version: 1,
    epoch: now,
    total_time_ms: payload.total_time_ms ?? null,
    time_per_cycle_ms: payload.time_per_cycle_ms ?? null,
    increment_ms: payload.increment_ms ?? 0,
    max_time_ms: payload.max_time_ms ?? null,
    active_participant_id: null,
    active_group_id: null,
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
    warning_thresholds_ms: payload.warning_thresholds_ms ?? [...DEFAULT_WARNING_THRESHOLDS_MS],
    participants: (payload.participants ?? []).map(participantOf),
    groups: [],
    metadata: payload.metadata ?? {},
  };
  activate(state, findParticipant(state, payload.active_participant_id));
  derive(state, now);
  return {
    ok: true,
    event: {
      event_type: 'session_created',
      at: now,
      participant_id: null,
      group_id: null,
      time_elapsed_ms: 0,
      time_remaining_ms: null,
      metadata: {},
      state,
    },
  };
}

function participantOf(input: ParticipantInput, position: number): ParticipantState {
  return {
    participant_id: input.participant_id,
    participant_index: input.participant_index ?? position,
    group_id: input.group_id ?? null,
    total_time_ms: input.total_time_ms ?? null,
    time_used_ms: 0,
    time_remaining_ms: null,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
  };
}

function check(payload: CreatePayload): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const fault = (field: string, message: string, code = 'custom') => issues.push({ field, message, code });
  if (findRule(payload.sync_mode) === undefined) fault('sync_mode', `${payload.sync_mode} is not available in this version`, 'unsupported');

  const participants = payload.participants ?? [];
  if (participants.length === 0) fault('participants', 'At least one participant is required', 'too_small');
  const ids = new Set<string>();
  const indexes = new Set<number>();
  participants.forEach((participant, position) => {
    const at = `participants.${position}`;
    if (ids.has(participant.participant_id)) fault(`${at}.participant_id`, 'Must be unique', 'not_unique');
    ids.add(participant.participant_id);
    const index = participant.participant_index ?? position;
    if (indexes.has(index)) fault(`${at}.participant_index`, 'Must be unique', 'not_unique');
    indexes.add(index);
    const bank = participant.total_time_ms;
    if (bank === undefined) fault(`${at}.total_time_ms`, 'Required in this mode', 'required');
    else if (bank < 1000 || bank > CLOCK_MAX_MS) fault(`${at}.total_time_ms`, `Must be 1000 to ${CLOCK_MAX_MS}`, 'out_of_range');
    if (bank !== undefined && payload.max_time_ms !== undefined && payload.max_time_ms < bank) {
      fault('max_time_ms', 'Must not be under an initial bank', 'too_small');
    }
  });
  const active = payload.active_participant_id;
  if (active !== undefined && !ids.has(active)) fault('active_participant_id', 'Names no participant', 'not_found');
  return issues;
}
