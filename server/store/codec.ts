import type { EventType, HistoryEvent, SessionState, Status } from '#contract';
import { iso, type SessionEvent } from '../domain/draft.ts';
import { type CommandKey, type CommitResult, type RememberedCommand, type SessionPosition, type StoredSession, UnreadableStateError } from '../engine/ports.ts';

type Field = string | null | undefined;

/** The hash fields `v`, `e`, `s`, `w` and `x` as a session; null where nothing is stored. */
export function toSession([version, epoch, json, armed, expiredSince]: Field[]): StoredSession | null {
  if (version == null || epoch == null) return null;
  return {
    version: Number(version),
    epoch: Number(epoch),
    state: json == null ? null : parseState(json),
    warnings: armed ? armed.split(',').map(Number) : [],
    expiredSince: expiredSince == null ? null : Number(expiredSince),
  };
}

/** The hash fields `v`, `e`, `st` and `k`. */
export function toPosition([version, epoch, status, eventType]: Field[]): SessionPosition | null {
  if (version == null || epoch == null) return null;
  return { version: Number(version), epoch: Number(epoch), status: status as Status, event_type: eventType as EventType };
}

/** What is stored under a command_id. */
export function toMemory(json: Field): RememberedCommand | null {
  return json == null ? null : (JSON.parse(json) as RememberedCommand);
}

/** What to store under a command_id. */
export function memoryJson(command: CommandKey, version: number): string {
  return JSON.stringify({ fingerprint: command.fingerprint, version } satisfies RememberedCommand);
}

/** The reply of commit.lua. */
export function toCommitResult(reply: unknown): CommitResult {
  const [outcome, ...fields] = reply as [string, ...Field[]];
  if (outcome === 'ok') return { outcome: 'committed' };
  if (outcome === 'clock') return { outcome: 'clock' };
  const session = toSession(fields);
  const command = toMemory(fields[5]);
  return command === null ? { outcome: 'conflict', session } : { outcome: 'repeated', session, command };
}

/** An event as the outbox carries it. Its snapshot travels beside it, since it mostly is the very text that is stored as the state. */
export function eventJson(event: SessionEvent): string {
  const { session_id, epoch, version } = event.state;
  return JSON.stringify({
    session_id,
    epoch,
    version,
    event_type: event.event_type,
    timestamp: iso(event.at),
    participant_id: event.participant_id,
    group_id: event.group_id,
    time_elapsed_ms: event.time_elapsed_ms,
    time_remaining_ms: event.time_remaining_ms,
    metadata: event.metadata,
  } satisfies Omit<HistoryEvent, 'state_snapshot'>);
}

function parseState(json: string): SessionState {
  let state: SessionState | null;
  try {
    state = JSON.parse(json) as SessionState | null;
  } catch (error) {
    throw new UnreadableStateError('a stored state is not JSON', { cause: error });
  }
  if (!Array.isArray(state?.participants)) throw new UnreadableStateError('a stored state is not a session');
  return state;
}
