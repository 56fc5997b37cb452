import type { HistoryEvent, SessionState } from '#contract';
import { canonicalJson } from './canonical.ts';
import { decide, type TimerCommand } from './decide.ts';
import type { SessionEvent } from './draft.ts';
import { expire } from './expire.ts';
import { type Outage, takeIntoAccount } from './outage.ts';
import { recover } from './recover.ts';

/**
 * Applies a recorded event to the state before it and compares everything with the record. Returns null when the rules lead to exactly what was recorded,
 * else what does not fit, in words.
 */
export function replay(before: SessionState | null, recorded: HistoryEvent): string | null {
  if (recorded.event_type === 'session_created') {
    const { status, version } = recorded.state_snapshot;
    return status === 'pending' && version === recorded.version ? null : 'does not begin a session';
  }
  if (before === null) return 'has no event before it';
  const event = applied(before, recorded);
  if (typeof event === 'string') return event;
  // When an epoch begins is decided at the commit, by what became of Redis.
  event.state.epoch = recorded.epoch;
  if (canonicalJson(event.state) !== canonicalJson(recorded.state_snapshot)) return 'has a snapshot to which the rules do not lead';
  for (const field of ['participant_id', 'group_id', 'time_elapsed_ms', 'time_remaining_ms'] as const) {
    if (event[field] !== recorded[field]) return `has another ${field} than the rules lead to`;
  }
  return null;
}

function applied(before: SessionState, recorded: HistoryEvent): SessionEvent | string {
  const at = Date.parse(recorded.timestamp);
  const outage = outageOf(recorded);
  if (outage !== null) return takeIntoAccount(before, outage);
  if (recorded.event_type === 'participant_expired') return expire(before);
  if (recorded.event_type === 'session_recovered') return recover(before, at);
  const command = commandOf(recorded);
  if (command === null) return `is of the unknown type ${recorded.event_type}`;
  const decision = decide(before, command, at);
  return decision.ok ? decision.event : `could not have happened: ${decision.message}`;
}

/** The command that an event records. Whose turn follows is taken from the record, since somebody may have been named. */
function commandOf({ event_type, state_snapshot, metadata }: HistoryEvent): TimerCommand | null {
  const active = state_snapshot.active_participant_id ?? undefined;
  switch (event_type) {
    case 'session_started':
      return { type: 'start', active_participant_id: active };
    case 'cycle_switched':
      return { type: 'switch', next_participant_id: active };
    case 'session_paused':
      return { type: 'pause' };
    case 'session_resumed':
      return { type: 'resume' };
    case 'session_adjusted': {
      const { delta_ms, participant_id, group_id } = metadata as { delta_ms?: number; participant_id?: string; group_id?: string };
      return { type: 'adjust', delta_ms: delta_ms ?? 0, participant_id, group_id };
    }
    case 'session_completed':
      return { type: 'complete' };
    case 'session_cancelled':
      return { type: 'cancel' };
    case 'session_deleted':
      return { type: 'delete' };
    default:
      return null;
  }
}

function outageOf({ metadata }: HistoryEvent): Outage | null {
  const outage = metadata['outage'] as { from: string; to: string } | undefined;
  return outage === undefined ? null : { from: Date.parse(outage.from), to: Date.parse(outage.to) };
}
