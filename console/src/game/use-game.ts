/** A session with all that the page does to it. */
import { type SessionState, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { useSyncKairos } from '@synckairos/client/react';
import { useState } from 'react';

/** None of these rejects; `error` tells. */
export interface GameCommands {
  start: () => void;
  endTurn: (next?: string) => void;
  pause: () => void;
  resume: () => void;
  finish: () => void;
  cancel: () => void;
  adjust: (deltaMs: number, who: string | undefined) => void;
}

export interface Game {
  state: SessionState | null;
  /** Why the session can't be joined, or what became of the last command. */
  error: SyncKairosError | null;
  commands: GameCommands;
}

export function useGame(client: SyncKairosClient, sessionId: string): Game {
  const { sessionState: state, error: joinError } = useSyncKairos(sessionId, client);
  const [failure, setFailure] = useState<SyncKairosError | null>(null);
  const run = (command: Promise<unknown>): void =>
    void command.then(
      () => setFailure(null),
      (thrown: unknown) => setFailure(thrown instanceof SyncKairosError ? thrown : null),
    );
  return {
    state,
    error: joinError ?? failure,
    commands: {
      start: () => run(client.startSession(sessionId)),
      // The guard is whoever was active when this was drawn: what a person saw when pressing.
      endTurn: (next) => run(client.switchCycle(sessionId, state?.active_participant_id ?? undefined, next)),
      pause: () => run(client.pauseSession(sessionId)),
      resume: () => run(client.resumeSession(sessionId)),
      finish: () => run(client.completeSession(sessionId)),
      cancel: () => run(client.cancelSession(sessionId)),
      adjust: (deltaMs, who) => run(client.adjustTime(sessionId, deltaMs, who)),
    },
  };
}
