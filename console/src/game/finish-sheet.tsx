/** Asks once more, since an ended game can't be taken up again: how it came out, and whether it counts. */
import type { JsonObject, SessionState } from '@synckairos/client';
import { Sheet } from '../sheet.tsx';
import { hasMoves, inOrder, isDuel } from '../trade.ts';
import { nameOf } from '../words.ts';
import { outcomeOf, type Result } from './result.ts';

interface FinishSheetProps {
  state: SessionState;
  /** The participant who plays at this device. */
  seat: string | undefined;
  onFinish: (outcome?: JsonObject) => void;
  onOfferDraw: () => void;
  onCancel: () => void;
  onClose: () => void;
}

/** For more players than these, who won is not asked. */
const MOST_WINNERS = 8;

export function FinishSheet({ state, seat, onFinish, onOfferDraw, onCancel, onClose }: FinishSheetProps) {
  const then = (end: () => void) => (): void => {
    end();
    onClose();
  };
  const won = (result: Result) => then(() => onFinish(outcomeOf(result)));
  const players = state.status === 'pending' || !hasMoves(state) ? [] : inOrder(state).map(({ participant_id }) => participant_id);
  const opponent = isDuel(state) && seat !== undefined && players.includes(seat) ? players.find((id) => id !== seat) : undefined;
  return (
    <Sheet title="Finish?" onClose={onClose}>
      <p>The clocks stop for good, on every device.</p>
      {opponent !== undefined && (
        <div className="steps">
          <button type="button" onClick={won({ winner: opponent, by: 'resignation' })}>
            Resign
          </button>
          <button type="button" onClick={then(onOfferDraw)}>
            Offer a draw
          </button>
        </div>
      )}
      {opponent === undefined && players.length > 1 && players.length <= MOST_WINNERS && (
        <div className="steps" role="group" aria-label="With a result">
          {players.map((id) => (
            <button key={id} type="button" dir="auto" onClick={won({ winner: id })}>
              {nameOf(state, id)} won
            </button>
          ))}
          <button type="button" onClick={won({ winner: null })}>
            Draw
          </button>
        </div>
      )}
      <div className="steps">
        <button type="button" className="primary" onClick={then(() => onFinish())}>
          Finish the game
        </button>
        <button type="button" onClick={then(onCancel)}>
          Cancel it: it won’t count
        </button>
      </div>
    </Sheet>
  );
}
