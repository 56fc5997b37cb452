/** Everybody who shares one clock: whose turn it is, and where it may go next. */
import type { SessionState } from '@synckairos/client';
import { nameOf, turnWords } from '../words.ts';
import { inOrder } from './faces.ts';

interface RosterProps {
  state: SessionState;
  mayEnd: boolean;
  /** Ends the turn and begins that of `next`. */
  onPass: (next: string) => void;
}

export function Roster({ state, mayEnd, onPass }: RosterProps) {
  const canPass = state.status === 'running' && mayEnd;
  if (state.participants.length === 0) return null;
  return (
    <div className="roster" role="group" aria-label={`Whose ${turnWords(state).one} it is`}>
      {inOrder(state).map((player) => (
        <button
          key={player.participant_id}
          type="button"
          className="chip"
          aria-pressed={player.is_active}
          aria-disabled={!canPass}
          onClick={() => canPass && onPass(player.participant_id)}
        >
          {nameOf(state, player.participant_id)}
          {player.cycle_count > 0 && <span className="chip-count number">{player.cycle_count}</span>}
        </button>
      ))}
    </div>
  );
}
