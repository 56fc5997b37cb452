import type { ActionOnTimeout, JsonObject, SessionState } from '#contract';
import type { Refusal } from '../domain/refusal.ts';
import type { Incarnation } from './incarnation.ts';
import type { CommandKey } from './ports.ts';

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
   * Whether its sender may, as far as that depends on the session: asked as soon as it is read, with null where there
   * is none, and whether this very command had its effect before. Undefined where nothing is left to ask.
   */
  authorize?: Authorize | undefined;
}

/** What it depends on in a session whether somebody may. */
export type Judged = Incarnation & Partial<Pick<SessionState, 'participants_may_pause'>>;

/**
 * A limit on commands. One that is refused for anything else is not counted, so that nobody can use up what others need
 * by sending nonsense.
 */
export interface CommandLimit {
  /**
   * Finds out what is left, ahead of a load of the session on the same connection, so that it costs no round trip.
   * Never rejects.
   */
  look?(): Promise<void>;
  /**
   * To be asked right before the commit, and again where that was not the last: counts the command once. Why it may not
   * go on; null where it may. Never rejects.
   */
  admit(): Refusal | null | Promise<Refusal | null>;
}

/** Why somebody may not; null where they may. */
export type Authorize = (state: Judged | null, repeated: boolean) => Refusal | null | Promise<Refusal | null>;

/**
 * What a command led to: the state after it, whether it had its effect in an earlier call (its session may be gone by
 * now), and the expiry that a switch ran into.
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
