/** A session as a React hook. */
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import type { CommandOptions, SessionState, Status } from './contract/index.ts';
import { SyncKairosError } from './errors.ts';
import type { ConnectionState } from './events.ts';
import type { Who } from './who.ts';

/** The two presses of a double click are at most about this far apart; intended presses take longer. */
const PRESS_GUARD_MS = 300;

export interface SyncKairosHookOptions {
  /**
   * A command within so many milliseconds after another command of the same hook counts as the second press of a double
   * click and does nothing; default 300, 0 switches it off.
   */
  pressGuardMs?: number;
}

export interface SyncKairosHook {
  /** Null until the session is joined, and after it was deleted. */
  sessionState: SessionState | null;
  status: Status | null;
  /** The active participant, or the last one after the end of the session. */
  activeParticipantId: string | null;
  /** Whether the socket is connected, so that updates arrive at once. */
  isConnected: boolean;
  connection: ConnectionState;
  /** Why there are no updates of the session, else the refusal of its last command. */
  error: SyncKairosError | null;
  /** Milliseconds left on a participant's or group's clock now, as `client.getParticipantTime`. */
  getParticipantTime: (who?: Who) => number | null;
  getAllParticipantTimes: () => Record<string, number | null>;
  /**
   * Commands resolve even when they are refused; `error` tells. One that comes too soon after another (`pressGuardMs`)
   * does nothing. With an `expected_version` they apply to that version only.
   */
  startSession: (options?: CommandOptions) => Promise<void>;
  switchCycle: (nextParticipantId?: string, options?: CommandOptions) => Promise<void>;
  pauseSession: (options?: CommandOptions) => Promise<void>;
  resumeSession: (options?: CommandOptions) => Promise<void>;
  completeSession: (options?: CommandOptions) => Promise<void>;
}

/**
 * A session that stays up to date. `participantId` is the participant who uses this device: `switchCycle` then ends
 * only their turn, so that an idle player's button cannot end the opponent's. Combine it with `useNow` or
 * `useCountdown` for clocks that move.
 */
export function useSyncKairos(
  sessionId: string,
  client: SyncKairosClient,
  participantId?: string,
  { pressGuardMs = PRESS_GUARD_MS }: SyncKairosHookOptions = {},
): SyncKairosHook {
  const store = client.session(sessionId);
  const nothing = (): null => null;
  const sessionState = useSyncExternalStore(store.subscribe, store.getSnapshot, nothing);
  const joinError = useSyncExternalStore(store.subscribe, store.getError, nothing);
  const connection = useSyncExternalStore(client.connection.subscribe, client.connection.getSnapshot, () => 'idle' as const);
  const [failure, setFailure] = useState<{ of: unknown; error: SyncKairosError } | null>(null);
  const pressedAt = useRef(-Infinity);

  const commands = useMemo(() => {
    const run = async (command: () => Promise<unknown>): Promise<void> => {
      const now = performance.now();
      if (now - pressedAt.current < pressGuardMs) return;
      pressedAt.current = now;
      try {
        await command();
        setFailure(null);
      } catch (error) {
        // Any other error is a mistake in the program.
        if (!(error instanceof SyncKairosError)) throw error;
        setFailure({ of: store, error });
      }
    };
    return {
      startSession: (options?: CommandOptions) => run(() => client.startSession(sessionId, undefined, optionsOf(options))),
      switchCycle: (next?: string, options?: CommandOptions) =>
        run(() => client.switchCycle(sessionId, participantId, next, optionsOf(options))),
      pauseSession: (options?: CommandOptions) => run(() => client.pauseSession(sessionId, optionsOf(options))),
      resumeSession: (options?: CommandOptions) => run(() => client.resumeSession(sessionId, optionsOf(options))),
      completeSession: (options?: CommandOptions) => run(() => client.completeSession(sessionId, optionsOf(options))),
    };
  }, [client, store, sessionId, participantId, pressGuardMs]);

  const getParticipantTime = useCallback((who?: Who) => client.getParticipantTime(sessionId, who), [client, sessionId]);
  const getAllParticipantTimes = useCallback(() => {
    const participants = client.session(sessionId).getSnapshot()?.participants ?? [];
    return Object.fromEntries(
      participants.map(({ participant_id: id }) => [id, client.getParticipantTime(sessionId, { participant_id: id })]),
    );
  }, [client, sessionId]);

  return {
    sessionState,
    status: sessionState?.status ?? null,
    activeParticipantId: sessionState?.active_participant_id ?? null,
    isConnected: connection === 'connected',
    connection,
    error: joinError ?? (failure?.of === store ? failure.error : null),
    getParticipantTime,
    getAllParticipantTimes,
    ...commands,
  };
}

/** `onClick={pauseSession}` passes the click event, an instance of a class; options are a plain object. */
function optionsOf(given: CommandOptions | undefined): CommandOptions | undefined {
  return given != null && Object.getPrototypeOf(given) === Object.prototype ? given : undefined;
}
