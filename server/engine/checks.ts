import { modeOf } from '#clock';
import type { ActionOnTimeout, JsonObject, JsonValue, SessionState } from '#contract';
import { checkGuard } from '../domain/decide.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import { isLive } from './committer.ts';
import { type Life, lifeOf } from './life.ts';
import type { CommandKey, LiveSession, RememberedCommand, StoredSession } from './ports.ts';

/** What surrounds a command: when it came, what it expects, and by which key a repetition is recognised. */
export interface CommandContext {
  /** Unix ms at which the command reached the server, whole. */
  arrival: number;
  expectedVersion?: number | undefined;
  command?: CommandKey | undefined;
  /** What the command counts against once nothing else refuses it. Undefined where no limit applies. */
  limit?: CommandLimit | undefined;
  /** How many races it lost; the engine counts them. */
  lost?: number;
  /** The session as it was read for the command, also where that is refused; the engine says it. */
  read?: SessionState | null | undefined;
  /** Who sent it, for the trail. */
  actor?: JsonObject | undefined;
  /**
   * Whether its sender may, as far as that depends on the session: asked as soon as it is read, with null where there is none, and whether this very command
   * had its effect before. Undefined where nothing is left to ask.
   */
  authorize?: Authorize | undefined;
}

/** What it depends on in a session whether somebody may. */
export type Judged = Life & Partial<Pick<SessionState, 'participants_may_pause'>>;

/** A limit on commands. One that is refused for anything else is not counted, so that nobody can use up what others need by sending nonsense. */
export interface CommandLimit {
  /** Finds out what is left, ahead of a load of the session on the same connection, so that it costs no round trip. Never rejects. */
  look?(): Promise<void>;
  /**
   * To be asked right before the commit, and again where that was not the last: counts the command once. Why it may not go on; null where it may. Never rejects.
   */
  admit(): Refusal | null | Promise<Refusal | null>;
}

/** Why somebody may not; null where they may. */
export type Authorize = (state: Judged | null, repeated: boolean) => Refusal | null | Promise<Refusal | null>;

/**
 * What a command led to: the state after it, whether it had its effect in an earlier call (its session may be gone by now), and the expiry that a switch
 * ran into.
 */
export type Outcome =
  | {
      ok: true;
      state: SessionState;
      /** The state that the command was applied to, where it was just now. */
      before?: SessionState;
      appliedVersion?: number;
      expired?: { participant_id: string | null; action: ActionOnTimeout | null };
    }
  | (Refusal & { appliedVersion?: number });

/** Whether nothing but expiries happened between two versions of a session. */
export function expiredOnly(first: LiveSession, session: LiveSession): boolean {
  return session.version > first.version && session.expiredSince !== null && session.expiredSince.version <= first.version;
}

/** The checks of a switch that ran into an expiry, against the version that it was sent for; refusals show the present state. */
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
 * The refusal of an adjustment that was meant for a cycle whose time was up before it came, or that ended on its way; null where it may go on. It names no clock
 * but the running one, so it would give its time to the next cycle. Who guards it by a version knows which one they mean.
 * @param first the session as the command first read it
 * @param arrival when the command came, Unix ms
 * @param graceMs how long after its deadline an expiry is committed at the earliest: nobody who sent a command that came before then can know of it
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
  const ranOut = session.expiredSince !== null && arrival < Date.parse(session.state.updated_at) + graceMs;
  if (!ended && !ranOut) return null;
  return conflict(
    'The cycle it was sent in had ended',
    ended ? first.version : (session.expiredSince?.version ?? first.version),
    session.state,
  );
}

/** What a command expects of the session it is applied to. */
export function checkVersion(session: LiveSession, { expectedVersion }: CommandContext): Refusal | null {
  if (expectedVersion === undefined || expectedVersion === session.version) return null;
  return conflict(`Session is at version ${session.version}, not ${expectedVersion}`, expectedVersion, session.state);
}

/** Asks whether the sender may; see CommandContext. */
export async function denied(
  session: StoredSession | null,
  { authorize, command }: CommandContext,
  memory: RememberedCommand | null = null,
): Promise<Refusal | null> {
  if (authorize === undefined) return null;
  return authorize(isLive(session) ? session.state : null, memory !== null && memory.fingerprint === command?.fingerprint);
}

/** The answer to a command that had its effect before, if it is the same; where it was applied to another life of the id, as if its session were gone. */
export function replay(memory: RememberedCommand, session: StoredSession | null, sessionId: string, context: CommandContext): Outcome {
  if (memory.fingerprint !== context.command?.fingerprint) {
    return refuse('IDEMPOTENCY_MISMATCH', `command_id ${context.command?.id ?? ''} was used for another command`);
  }
  const appliedVersion = memory.version;
  const isThere = isLive(session) && (memory.life === undefined || memory.life === lifeOf(session.state));
  return isThere ? { ok: true, state: session.state, appliedVersion } : { ...notFound(sessionId), appliedVersion };
}

/** Lets the trail tell by which command_id an event was made, and by whom. */
export function noteCommand(metadata: { [key: string]: JsonValue }, { command, actor }: CommandContext): void {
  if (actor !== undefined) metadata['actor'] = actor;
  if (command !== undefined) metadata['command_id'] = command.id;
}

export function notFound(sessionId: string): Refusal {
  return refuse('SESSION_NOT_FOUND', `No session ${sessionId}`);
}

export function conflict(message: string, expected: number, state: SessionState): Refusal {
  return refuse('CONFLICT', message, { expected_version: expected, actual_version: state.version, state });
}

export function clockUnusable(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'The clock of this instance is not in step; try again');
}

export function lostEveryRace(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'Too many commands at once on this session; try again');
}
