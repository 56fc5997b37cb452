import { modeOf } from '#clock';
import type { CreatePayload, FieldIssue, SyncMode } from '#contract';

/** The modes whose sessions may be concurrent. */
const MODES: readonly SyncMode[] = ['per_participant'];

const ONLY_CONCURRENT = ['participants_may_start'] as const;

/** What is wrong with the fields of a concurrent session, or with such fields of another one. */
export function checkConcurrent(payload: CreatePayload): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const unsupported = (field: string, message: string) => issues.push({ field, message, code: 'unsupported' });
  if (payload.concurrent !== true) {
    for (const field of ONLY_CONCURRENT) if (payload[field] === true) unsupported(field, 'Only in a concurrent session');
    return issues;
  }
  if (!MODES.includes(payload.sync_mode)) unsupported('concurrent', `Only ${MODES.join(', ')} may be concurrent`);
  const { time_control, participants = [], increment_ms = 0, undo_depth = 0, overrun_ms = 0 } = payload;
  if (time_control !== undefined) unsupported('time_control', 'Excludes concurrent');
  if (modeOf(payload).owners === 'participants') {
    for (const [position, one] of participants.entries()) {
      if (one.time_control !== undefined) unsupported(`participants.${position}.time_control`, 'Excludes concurrent');
    }
  }
  if (increment_ms > 0) unsupported('increment_ms', 'A concurrent session has no turns that earn it');
  if (undo_depth > 0) unsupported('undo_depth', 'A concurrent session has no turns to take back');
  if (overrun_ms > 0) unsupported('overrun_ms', 'Clocks of a concurrent session end at zero');
  for (const field of ['active_participant_id', 'active_group_id'] as const) {
    if (payload[field] !== undefined) unsupported(field, 'In a concurrent session nobody has the turn');
  }
  return issues;
}
