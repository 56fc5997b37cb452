import type { ActionOnTimeout, JsonObject, SessionState } from '#contract';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { CommandKey, LiveSession, RememberedCommand, StoredSession } from './ports.ts';

/** What surrounds a command: when it came, what it expects, and by which key a repetition is recognised. */
export interface CommandContext {
  /** Unix ms at which the command reached the server, whole. */
  arrival: number;
  expectedVersion?: number | undefined;
  command?: CommandKey | undefined;
}

/**
 * What a command led to: the state after it, whether it had its effect in an earlier call (its session may be gone by now), and the expiry that a switch
 * ran into.
 */
export type Outcome =
  | { ok: true; state: SessionState; appliedVersion?: number; expired?: { participant_id: string | null; action: ActionOnTimeout | null } }
  | (Refusal & { appliedVersion?: number });

/** Whether there is a session that can be played. */
export function isLive(session: StoredSession | null): session is LiveSession {
  return session !== null && session.state !== null;
}

/** The answer to a command_id that was used before: the present state, or a refusal where it was used for something else. */
export function replay(memory: RememberedCommand, session: StoredSession | null, sessionId: string, context: CommandContext): Outcome {
  if (memory.fingerprint !== context.command?.fingerprint) {
    return refuse('IDEMPOTENCY_MISMATCH', `command_id ${context.command?.id ?? ''} was used for another command`);
  }
  const appliedVersion = memory.version;
  return isLive(session) ? { ok: true, state: session.state, appliedVersion } : { ...notFound(sessionId), appliedVersion };
}

/** Refuses a command that expects another version. */
export function checkVersion(session: LiveSession, { expectedVersion }: CommandContext): Refusal | null {
  if (expectedVersion === undefined || expectedVersion === session.version) return null;
  return conflict(`Session is at version ${session.version}, not ${expectedVersion}`, expectedVersion, session.state);
}

/** Writes the idempotency key into an event's metadata. */
export function noteCommand(metadata: JsonObject, { command }: CommandContext): void {
  if (command !== undefined) metadata['command_id'] = command.id;
}

export function notFound(sessionId: string): Refusal {
  return refuse('SESSION_NOT_FOUND', `No session ${sessionId}`);
}

/** `expected` is the version that the command was for. */
export function conflict(message: string, expected: number, state: SessionState): Refusal {
  return refuse('CONFLICT', message, { expected_version: expected, actual_version: state.version, state });
}

export function clockUnusable(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'The clock of this instance is not in step; try again');
}

export function lostEveryRace(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'Too many commands at once on this session; try again');
}
