import type { ActionOnTimeout, JsonObject, SessionState } from '#contract';
import type { Refusal } from '../domain/refusal.ts';
import type { Incarnation } from './incarnation.ts';
import type { CommandKey } from './ports.ts';

/** What comes with a command: when it arrived, what it expects, and the key that identifies a repetition. */
export interface CommandContext {
  /** Unix ms at which the command reached the server, whole. */
  arrival: number;
  expectedVersion?: number | undefined;
  command?: CommandKey | undefined;
  /** The limit that counts the command when nothing else refuses it. Undefined if none applies. */
  limit?: CommandLimit | undefined;
  /** How many races it lost; counted by the engine. */
  lost?: number;
  /** The session as it was read for the command, even if that is refused; set by the engine. */
  read?: SessionState | null | undefined;
  /** Who sent it, for the trail. */
  actor?: JsonObject | undefined;
  /**
   * Checks whether its sender may send it, as far as that depends on the session. Called as soon as the session is
   * read, with null if there is none, and with whether this very command had its effect before. Undefined if nothing is
   * left to check.
   */
  authorize?: Authorize | undefined;
}

/** The part of a session that decides who may do what. */
export type Judged = Incarnation &
  Partial<Pick<SessionState, 'participants_may_pause' | 'participants_may_start' | 'concurrent' | 'status' | 'participants'>>;

/**
 * A limit on commands. A command that is refused for another reason is not counted, so that nobody uses up what others
 * need by sending nonsense.
 */
export interface CommandLimit {
  /**
   * Asks what is left, on the same connection and before a load of the session, so that it costs no round trip. Never
   * rejects.
   */
  look?(): Promise<void>;
  /**
   * Call this right before each commit; it counts the command once. Returns the refusal, or null if the command may go
   * on. Never rejects.
   */
  admit(): Refusal | null | Promise<Refusal | null>;
}

/** Returns why the sender may not; null if they may. */
export type Authorize = (state: Judged | null, repeated: boolean) => Refusal | null | Promise<Refusal | null>;

/**
 * The result of a command: the state after it, whether it had its effect in an earlier call (then its session may be
 * gone), and the expiry that a switch met.
 */
export type Outcome =
  | {
      ok: true;
      state: SessionState;
      /** The state that the command was applied to, unless it had its effect before. */
      before?: SessionState;
      appliedVersion?: number;
      expired?: { participant_id: string | null; action: ActionOnTimeout | null };
    }
  | (Refusal & { appliedVersion?: number });
