/** All participants who share one clock: who is active, and to whom the turn may pass. */
import type { SessionState } from '@synckairos/client';
import type { ReactNode } from 'react';
import { hasBid, inOrder, isAuction, takesTurns, turnWords } from '../trade.ts';
import { nameOf } from '../words.ts';
import { usePress } from './press.ts';

interface RosterProps {
  state: SessionState;
  mayEnd: boolean;
  rests: boolean;
  /** Ends the turn and begins that of `next`. */
  onPass: (next: string) => void;
}

export function Roster({ state, mayEnd, rests, onPass }: RosterProps) {
  const canPass = state.status === 'running' && mayEnd && takesTurns(state);
  const bids = isAuction(state);
  if (state.participants.length === 0) return null;
  return (
    <div className="roster" role="group" aria-label={`Whose ${turnWords(state).one} it is`}>
      {inOrder(state).map((player) => (
        <Chip
          key={player.participant_id}
          isActive={player.is_active && (!bids || hasBid(state))}
          canPass={canPass && player.withdrawn !== true}
          rests={rests}
          onPass={() => onPass(player.participant_id)}
        >
          {nameOf(state, player.participant_id)}
          {player.withdrawn === true && <small>withdrawn</small>}
          {/* The first in the list had the lot before any bid. */}
          {!bids && player.cycle_count > 0 && <span className="chip-count number">{player.cycle_count}</span>}
        </Chip>
      ))}
    </div>
  );
}

interface ChipProps {
  isActive: boolean;
  canPass: boolean;
  rests: boolean;
  onPass: () => void;
  children: ReactNode;
}

function Chip({ isActive, canPass, rests, onPass, children }: ChipProps) {
  const press = usePress(() => canPass && onPass());
  return (
    <button type="button" className="chip" aria-pressed={isActive} aria-disabled={!canPass} data-resting={rests} {...press}>
      {children}
    </button>
  );
}
