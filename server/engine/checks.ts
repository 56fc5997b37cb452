import { goesOnAlone, modeOf } from '#clock';
import type { JsonObject, SessionState } from '#contract';
import { checkGuard } from '../domain/decide.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import { isLive } from './committer.ts';
import type { CommandContext, Outcome } from './command-context.ts';
import { incarnationOf } from './incarnation.ts';
import type { LiveSession, IdempotencyRecord, StoredSession } from './ports.ts';

/** Whether only expiries happened between two versions of a session. */
export function expiredOnly(first: LiveSession, session: LiveSession): boolean {
  return session.version > first.version && session.expiredSince !== null && session.expiredSince.version <= first.version;
}

/** Whether all that happened between two versions of a session is that it started by itself. */
export function startedOnly(first: LiveSession, session: LiveSession): boolean {
  const { status, starts_at, version, epoch } = first.state;
  const isNext = session.epoch === epoch && session.version === version + 1;
  return isNext && status === 'pending' && starts_at != null && session.state.session_started_at === starts_at;
}

/**
 * Whether a cycle of a concurrent session ended between two versions: the next one began, or no clock of it goes on.
 */
export function endedCycle(first: LiveSession, session: LiveSession): boolean {
  const { sync_mode, cycle_count, participants, status } = session.state;
  if (status !== 'running' || sync_mode !== 'per_cycle') return false;
  return first.state.cycle_count !== cycle_count || (first.state.participants.some(goesOnAlone) && !participants.some(goesOnAlone));
}

/**
 * The checks of a switch that met an expiry, against the version that it was sent for; refusals show the present state.
 */
export function checkSwitch(
  first: LiveSession,
  session: LiveSession,
  current: string | undefined,
  context: CommandContext,
): Refusal | null {
  const { expectedVersion } = context;
  if (expectedVersion !== undefined && expectedVersion !== first.version) {
    return conflict(`Session was at version ${first.version}, not ${expectedVersion}`, expectedVersion, session.state);
  }
  const refusal = checkGuard(first.state, current);
  if (refusal?.code !== 'NOT_ACTIVE_PARTICIPANT') return refusal;
  return { ...refusal, details: { active_participant_id: session.state.active_participant_id, state: session.state } };
}

/**
 * The refusal of an adjustment, an extension or a finish for a cycle that was over before it arrived, or that ended
 * while it was under way; null if it may go on. Such a command names no cycle, so it would have its effect in the next
 * one.
 * With an expected version the sender has said which cycle they mean.
 * @param first the session as the command first read it
 * @param arrival when the command arrived, Unix ms
 * @param graceMs the shortest time from a deadline to the commit of its expiry: a sender before that cannot know of it
 */
export function checkCycle(
  first: LiveSession,
  session: LiveSession,
  arrival: number,
  graceMs: number,
  { expectedVersion }: CommandContext,
): Refusal | null {
  const { owners, acrossTurns } = modeOf(session.state);
  if (expectedVersion !== undefined || owners !== 'session' || acrossTurns) return null;
  const ended = first.epoch !== session.epoch || first.state.cycle_count !== session.state.cycle_count;
  const { concurrent, participants, updated_at } = session.state;
  // A clock of a concurrent session that fell ended the cycle if all began anew then.
  const hasBegun = concurrent !== true || participants.some(({ cycle_started_at }) => cycle_started_at === updated_at);
  const ranOut = session.expiredSince !== null && hasBegun && arrival < Date.parse(updated_at) + graceMs;
  if (!ended && !ranOut) return null;
  return conflict(
    'The cycle it was sent in had ended',
    ended ? first.version : (session.expiredSince?.version ?? first.version),
    session.state,
  );
}

/** Refuses a command that expects another version of the session. */
export function checkVersion(session: LiveSession, { expectedVersion }: CommandContext): Refusal | null {
  if (expectedVersion === undefined || expectedVersion === session.version) return null;
  return conflict(`Session is at version ${session.version}, not ${expectedVersion}`, expectedVersion, session.state);
}

/** Checks whether the sender may send the command; see CommandContext. */
export async function denied(
  session: StoredSession | null,
  { authorize, command }: CommandContext,
  record: IdempotencyRecord | null = null,
): Promise<Refusal | null> {
  if (authorize === undefined) return null;
  return authorize(isLive(session) ? session.state : null, record !== null && record.fingerprint === command?.fingerprint);
}

/**
 * The answer to a repeated command, if it is the same command. If it was applied to another incarnation of the id, the
 * answer is that its session is gone.
 */
export function repeated(record: IdempotencyRecord, session: StoredSession | null, sessionId: string, context: CommandContext): Outcome {
  if (record.fingerprint !== context.command?.fingerprint) {
    return refuse('IDEMPOTENCY_MISMATCH', `command_id ${context.command?.id ?? ''} was used for another command`);
  }
  const appliedVersion = record.version;
  const isThere = isLive(session) && (record.incarnation === undefined || record.incarnation === incarnationOf(session.state));
  return isThere ? { ok: true, state: session.state, appliedVersion } : { ...notFound(sessionId), appliedVersion };
}

/** Metadata that tell the trail by which `command_id` an event was made, and by whom. */
export function noteOf({ command, actor }: CommandContext): JsonObject {
  return { ...(actor === undefined ? {} : { actor }), ...(command === undefined ? {} : { command_id: command.id }) };
}

/** The refusal of a command on a session that does not exist. */
export function notFound(sessionId: string): Refusal {
  return refuse('SESSION_NOT_FOUND', `No session ${sessionId}`);
}

/** The refusal of a command for another version than the present one, with the present state. */
export function conflict(message: string, expected: number, state: SessionState): Refusal {
  return refuse('CONFLICT', message, { expected_version: expected, actual_version: state.version, state });
}

/** The refusal while the clock of this instance contradicts that of Redis. */
export function clockUnusable(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'The clock of this instance is not in step; try again');
}

/** The refusal of a command that lost every round to other commands. */
export function lostEveryRace(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'Too many commands at once on this session; try again');
}
