/** A session with all commands that the page offers. */
import { type JsonObject, type SessionState, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { useSyncKairos } from '@synckairos/client/react';
import { useState, useSyncExternalStore } from 'react';
import { type Rights, rightsIn } from '../access.ts';
import { type PressGuard, usePressGuard } from './press.ts';

/** None of these rejects; `error` tells. One within 300 ms after another counts as a double press and does nothing. */
export interface GameCommands {
  start: () => void;
  /** `isOfItsClock` if the running clock itself was pressed, which never ends another one's turn. */
  endTurn: (next?: string, isOfItsClock?: boolean) => void;
  pause: () => void;
  resume: () => void;
  /** Takes back the turn that ended last, as this was drawn. */
  undo: () => void;
  /** `outcome`: how it came out. */
  finish: (outcome?: JsonObject) => void;
  cancel: () => void;
  adjust: (deltaMs: number, who: string | undefined) => void;
  /** Any other command. */
  act: (command: () => Promise<unknown>) => void;
  /** As `act`, and never taken for a double press: of several people on one device each may press at once. */
  actAtOnce: (command: () => Promise<unknown>) => void;
}

export interface Game {
  state: SessionState | null;
  /** What the user may do with it. */
  rights: Rights | null;
  /** Why the session cannot be joined, or the refusal of the last command. */
  error: SyncKairosError | null;
  commands: GameCommands;
  /** Guards all commands. */
  guard: PressGuard;
  /** How many commands wait for a connection. */
  waiting: number;
}

/** The game of a session as its page needs it: the state, what the user may do, the commands, and what went wrong. */
export function useGame(client: SyncKairosClient, sessionId: string, token: string | undefined, watchOnly: boolean, as?: string): Game {
  const { sessionState: state, error: joinError } = useSyncKairos(sessionId, client);
  const [failure, setFailure] = useState<SyncKairosError | null>(null);
  const rights = state === null ? null : rightsIn(state, token, watchOnly, as);
  // If the user may end only their own turn, a new turn does not change what a button means.
  const guard = usePressGuard(state?.status ?? '', rights?.turn && state !== null ? turnOf(state) : null);
  const [sent, setSent] = useState(0);
  const connection = useSyncExternalStore(client.connection.subscribe, client.connection.getSnapshot);
  const send = (command: () => Promise<unknown>): void => {
    setSent((before) => before + 1);
    void command()
      .then(
        () => setFailure(null),
        (thrown: unknown) => setFailure(thrown instanceof SyncKairosError ? thrown : null),
      )
      .finally(() => setSent((before) => before - 1));
  };
  const run = (command: () => Promise<unknown>, endsTurn = false): void => guard.press(() => send(command), endsTurn);
  return {
    state,
    rights,
    error: joinError ?? failure,
    guard,
    waiting: connection === 'connected' ? 0 : sent,
    commands: {
      start: () => run(() => client.startSession(sessionId)),
      // The guard is the participant who was active when this was rendered: the one whom the user saw.
      // In a programme it is the cycle that the client has seen.
      endTurn: (next, isOfItsClock = false) =>
        run(
          () => client.switchCycle(sessionId, (state?.items === undefined && state?.active_participant_id) || undefined, next),
          !isOfItsClock,
        ),
      pause: () => run(() => client.pauseSession(sessionId)),
      resume: () => run(() => client.resumeSession(sessionId)),
      undo: () => run(() => client.undo(sessionId, { expected_version: state?.version }), true),
      finish: (outcome) => run(() => client.completeSession(sessionId, outcome && { outcome })),
      cancel: () => run(() => client.cancelSession(sessionId)),
      adjust: (deltaMs, who) => run(() => client.adjustTime(sessionId, deltaMs, who)),
      act: run,
      actAtOnce: send,
    },
  };
}

/** Identifies the turn that a press would end; once it is another one, the same press would end another turn. */
function turnOf({ items, cycle_count, active_participant_id }: SessionState): string | null {
  return items === undefined ? active_participant_id : String(cycle_count);
}
