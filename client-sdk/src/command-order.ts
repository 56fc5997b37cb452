/**
 * Keeps the order of a session's commands. Without it, parallel work on the server, REST, and waiting for limits would
 * change the order.
 */
import { type SyncKairosError, unreachable } from './errors.ts';
import type { RestCommand } from './rest.ts';

/**
 * Commands that may overtake others: they commute, or change nothing that a command depends on. So a hundred clocks can
 * be given time at once.
 */
const FREE: readonly RestCommand[] = ['session:adjust', 'session:message', 'session:share', 'session:revoke'];

/** The place in the order of a command that is not answered yet. */
export interface Turn {
  isFree: boolean;
  /** The refusal by a limit that the command waits out; null if it waits for none. */
  held: SyncKairosError | null;
  /** Why it has to wait for a command that was called earlier; null if it need not. */
  blocker: () => SyncKairosError | null;
  /** Notes that it waits for a limit, or with null no longer. Meanwhile nothing that was called later is sent. */
  hold: (refusal: SyncKairosError | null) => void;
  /** Call this when the command is answered. */
  leave: () => void;
}

/**
 * An order without commands. The returned function adds one that is called now. `moved` is called when a command may go
 * on.
 */
export function commandOrder(moved: () => void): (sessionId: string, command: RestCommand) => Turn {
  /** Unanswered commands by session, in the order of the calls. */
  const lines = new Map<string, Set<Turn>>();
  return (sessionId, command) => {
    const line = lines.get(sessionId) ?? new Set();
    const turn: Turn = {
      isFree: FREE.includes(command),
      held: null,
      blocker: () => {
        for (const earlier of line) {
          if (earlier === turn) break;
          if (earlier.held) return earlier.held;
          if (!earlier.isFree && !turn.isFree) return unreachable('An earlier command of this session has no answer yet');
        }
        return null;
      },
      hold: (refusal) => {
        if (turn.held === refusal) return;
        turn.held = refusal;
        moved();
      },
      leave: () => {
        line.delete(turn);
        if (line.size === 0) lines.delete(sessionId);
        moved();
      },
    };
    lines.set(sessionId, line.add(turn));
    return turn;
  };
}
