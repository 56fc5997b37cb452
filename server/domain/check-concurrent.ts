import { modeOf } from '#clock';
import { CONTROL_MAX_MS, type CreatePayload, type FieldIssue, type SyncMode } from '#contract';

/** The modes whose sessions may be concurrent. */
const MODES: readonly SyncMode[] = ['per_participant', 'per_cycle', 'count_up'];
const ONLY_CONCURRENT = ['participants_may_start', 'closes_at', 'answers', 'late_finish_ms', 'warning_thresholds_percent'] as const;
const ONLY_CONCURRENT_PARTICIPANTS = ['time_factor', 'extra_time_ms', 'closes_at'] as const;

type Unsupported = (field: string, message: string) => void;

/**
 * What is wrong with the fields of a concurrent session, or with such fields of another one, at `now` (Unix ms). A
 * closing lies in the future, and after a planned start.
 */
export function checkConcurrent(payload: CreatePayload, now: number): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const unsupported: Unsupported = (field, message) => issues.push({ field, message, code: 'unsupported' });
  if (payload.concurrent !== true) checkOthers(payload, unsupported);
  else checkFields(payload, issues, unsupported);
  for (const [field, closes_at] of closings(payload)) {
    const ahead = Date.parse(closes_at) - now;
    const isBeforeStart = payload.starts_at !== undefined && closes_at <= payload.starts_at;
    if (ahead <= 0) issues.push({ field, message: 'Must lie in the future', code: 'too_small' });
    else if (isBeforeStart) issues.push({ field, message: 'Must lie after starts_at', code: 'too_small' });
    else if (ahead > CONTROL_MAX_MS) issues.push({ field, message: 'Must lie within 400 days', code: 'too_big' });
  }
  return issues;
}

/** Fields that mean nothing where one clock runs at a time. */
function checkOthers(payload: CreatePayload, unsupported: Unsupported): void {
  const message = 'Only in a concurrent session';
  for (const field of ONLY_CONCURRENT) if (payload[field] !== undefined && payload[field] !== false) unsupported(field, message);
  for (const [position, one] of (payload.participants ?? []).entries()) {
    for (const field of ONLY_CONCURRENT_PARTICIPANTS)
      if (one[field] !== undefined) unsupported(`participants.${position}.${field}`, message);
  }
}

function checkFields(payload: CreatePayload, issues: FieldIssue[], unsupported: Unsupported): void {
  const { sync_mode, participants = [], increment_ms = 0, undo_depth = 0, late_finish_ms } = payload;
  if (!MODES.includes(sync_mode)) unsupported('concurrent', `Only ${MODES.join(', ')} may be concurrent`);
  else if (participants.length === 0 && modeOf(payload).owners === 'session') {
    issues.push({ field: 'participants', message: 'At least one participant is required in a concurrent session', code: 'too_small' });
  }
  if (modeOf(payload).owners === 'participants') {
    if (payload.time_control !== undefined) unsupported('time_control', 'Excludes concurrent');
    for (const [position, one] of participants.entries()) {
      if (one.time_control !== undefined) unsupported(`participants.${position}.time_control`, 'Excludes concurrent');
    }
  } else if (late_finish_ms !== undefined) unsupported('late_finish_ms', 'Only in per_participant');
  if (increment_ms > 0) unsupported('increment_ms', 'A concurrent session has no turns that earn it');
  if (undo_depth > 0) unsupported('undo_depth', 'A concurrent session has no turns to take back');
  if (payload.extension !== undefined) unsupported('extension', 'Excludes concurrent');
  if (payload.max_cycles !== undefined && payload.sync_mode !== 'per_cycle') unsupported('max_cycles', 'Only per_cycle has common cycles');
  for (const field of ['active_participant_id', 'active_group_id'] as const) {
    if (payload[field] !== undefined) unsupported(field, 'In a concurrent session nobody has the turn');
  }
}

/** All closings of a create, by their fields. */
function closings({ closes_at, participants = [] }: CreatePayload): [field: string, closes_at: string][] {
  const found: [string, string | undefined][] = participants.map((one, position) => [`participants.${position}.closes_at`, one.closes_at]);
  return [['closes_at', closes_at] as [string, string | undefined], ...found].flatMap(([field, at]) =>
    at === undefined ? [] : [[field, at]],
  );
}
