/** A session as a React hook. */
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import type { SessionState, Status } from './contract/index.ts';
import { SyncKairosError } from './errors.ts';
import type { ConnectionState } from './events.ts';
import type { CallOptions } from './session-commands.ts';
import { type Given, useGiven } from './use-client.ts';
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
   * does nothing. With an `expectedVersion` they apply to that version only.
   */
  startSession: (options?: CallOptions) => Promise<void>;
  switchCycle: (nextParticipantId?: string, options?: CallOptions) => Promise<void>;
  pauseSession: (options?: CallOptions) => Promise<void>;
  resumeSession: (options?: CallOptions) => Promise<void>;
  completeSession: (options?: CallOptions) => Promise<void>;
  /** All commands of the client on this session, for programs as for buttons: none of them is held back. */
  commands: HookCommands;
}

/** The methods of the client that ask the server about one session. */
const COMMANDS = [
  'startSession',
  'switchCycle',
  'getSession',
  'pauseSession',
  'resumeSession',
  'startParticipant',
  'pauseParticipant',
  'resumeParticipant',
  'finish',
  'adjustTime',
  'extend',
  'undo',
  'schedule',
  'edit',
  'completeSession',
  'cancelSession',
  'deleteSession',
  'sendMessage',
  'shareSession',
  'getShareLinks',
  'revokeShare',
] as const;

/**
 * The client's methods without the session's id. Each resolves with the answer, and with undefined where it is refused,
 * which `error` tells.
 */
export type HookCommands = {
  [Name in (typeof COMMANDS)[number]]: SyncKairosClient[Name] extends (id: string, ...args: infer Args) => Promise<infer Data>
    ? (...args: Args) => Promise<Data | undefined>
    : never;
};

export interface UseSessionOptions extends SyncKairosHookOptions {
  /** The participant who uses this device: `switchCycle` then ends their turn and nobody else's. */
  participantId?: string | undefined;
  /** Default: that of the provider. */
  client?: SyncKairosClient | undefined;
}

/**
 * A session that stays up to date, with all commands on it in `commands`. Combine it with `useNow` or `useCountdown`
 * for clocks that move. `error` tells why nothing is heard of the session: there is no connection, the token is
 * refused, it does not exist; else the refusal of the last command.
 */
export function useSession(sessionId: string, { client, participantId, ...options }: UseSessionOptions = {}): SyncKairosHook {
  const given: Given<[sessionId: string]> = client ? [client, sessionId] : [sessionId];
  const [used] = useGiven(given);
  return useSyncKairos(sessionId, used, participantId, options);
}

/**
 * The same with the client and the participant as arguments.
 * @deprecated `useSession` takes its arguments in the order of all other hooks
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
    const run = async <Data>(command: () => Promise<Data>): Promise<Data | undefined> => {
      try {
        const data = await command();
        setFailure(null);
        return data;
      } catch (error) {
        // Any other error is a mistake in the program.
        if (!(error instanceof SyncKairosError)) throw error;
        setFailure({ of: store, error });
        return undefined;
      }
    };
    /** As `run`, once for a double click. */
    const press = async (command: () => Promise<unknown>): Promise<void> => {
      const now = performance.now();
      if (now - pressedAt.current < pressGuardMs) return;
      pressedAt.current = now;
      await run(command);
    };
    return {
      startSession: (options?: CallOptions) => press(() => client.startSession(sessionId, undefined, optionsOf(options))),
      switchCycle: (next?: string, options?: CallOptions) =>
        press(() => client.switchCycle(sessionId, participantId, next, optionsOf(options))),
      pauseSession: (options?: CallOptions) => press(() => client.pauseSession(sessionId, optionsOf(options))),
      resumeSession: (options?: CallOptions) => press(() => client.resumeSession(sessionId, optionsOf(options))),
      completeSession: (options?: CallOptions) => press(() => client.completeSession(sessionId, optionsOf(options))),
      commands: bound(client, sessionId, run),
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

/** The client's methods for one session, each called by `run`. */
function bound(client: SyncKairosClient, sessionId: string, run: (command: () => Promise<unknown>) => Promise<unknown>): HookCommands {
  const entries = COMMANDS.map((name) => {
    const method = client[name] as (id: string, ...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => run(() => method.call(client, sessionId, ...args))] as const;
  });
  // Made of the list of names from which the type is made.
  return Object.fromEntries(entries) as HookCommands;
}

/** `onClick={pauseSession}` passes the click event, an instance of a class; options are a plain object. */
function optionsOf(given: CallOptions | undefined): CallOptions | undefined {
  return given != null && Object.getPrototypeOf(given) === Object.prototype ? given : undefined;
}
