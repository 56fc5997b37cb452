/** A session as a React hook. */
import { useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import type { SessionState, Status } from './contract/index.ts';
import { asError, type SyncKairosError } from './errors.ts';

export interface SyncKairosHook {
  /** Null until the session is joined, and after it was deleted. */
  sessionState: SessionState | null;
  status: Status | null;
  /** Whose turn it is, or was when the session ended. */
  activeParticipantId: string | null;
  isConnected: boolean;
  /** What kept the session from being joined, else the refusal of the last command. */
  error: SyncKairosError | null;
  /** Milliseconds left on a participant's or group's clock now. */
  getParticipantTime: (who: string) => number | null;
  getAllParticipantTimes: () => Record<string, number | null>;
  /** The commands resolve also when they are refused; `error` tells. */
  startSession: () => Promise<void>;
  switchCycle: (nextParticipantId?: string) => Promise<void>;
  pauseSession: () => Promise<void>;
  resumeSession: () => Promise<void>;
  completeSession: () => Promise<void>;
}

/**
 * A session, live. `participantId` is whose device this is: `switchCycle` then ends only that participant's turn, so that the button of an
 * idle player can't end the opponent's. Combine with `useNow` or `useCountdown` for clocks that move.
 */
export function useSyncKairos(sessionId: string, client: SyncKairosClient, participantId?: string): SyncKairosHook {
  const store = client.session(sessionId);
  const nothing = (): null => null;
  const sessionState = useSyncExternalStore(store.subscribe, store.getSnapshot, nothing);
  const joinError = useSyncExternalStore(store.subscribe, store.getError, nothing);
  const isConnected = useIsConnected(client);
  const [commandError, setCommandError] = useState<SyncKairosError | null>(null);

  const commands = useMemo(() => {
    const run = async (command: Promise<unknown>): Promise<void> => {
      await command.then(
        () => setCommandError(null),
        (thrown: unknown) => setCommandError(asError(thrown)),
      );
    };
    return {
      startSession: () => run(client.startSession(sessionId)),
      switchCycle: (next?: string) => run(client.switchCycle(sessionId, participantId, next)),
      pauseSession: () => run(client.pauseSession(sessionId)),
      resumeSession: () => run(client.resumeSession(sessionId)),
      completeSession: () => run(client.completeSession(sessionId)),
    };
  }, [client, sessionId, participantId]);

  const getParticipantTime = useCallback((who: string) => client.getParticipantTime(sessionId, who), [client, sessionId]);
  const getAllParticipantTimes = useCallback(() => {
    const at = client.getServerTime();
    const participants = client.session(sessionId).getSnapshot()?.participants ?? [];
    return Object.fromEntries(participants.map(({ participant_id: id }) => [id, client.getParticipantTime(sessionId, id, at)]));
  }, [client, sessionId]);

  return {
    sessionState,
    status: sessionState?.status ?? null,
    activeParticipantId: sessionState?.active_participant_id ?? null,
    isConnected,
    error: joinError ?? commandError,
    getParticipantTime,
    getAllParticipantTimes,
    ...commands,
  };
}

function useIsConnected(client: SyncKairosClient): boolean {
  const { subscribe, getSnapshot } = client.connection;
  return useSyncExternalStore(
    subscribe,
    () => getSnapshot() === 'connected',
    () => false,
  );
}
