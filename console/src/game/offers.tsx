/** An offer of the other player, with the answers to it. */
import type { SessionState } from '@synckairos/client';
import { nameOf } from '../words.ts';
import { outcomeOf } from './result.ts';
import type { GameCommands } from './use-game.ts';
import type { Offers } from './use-offers.ts';

interface OfferLineProps {
  state: SessionState;
  offers: Offers;
  commands: GameCommands;
  seat: string | undefined;
  /** Whether this page may end the game. */
  mayAnswer: boolean;
  /** The link of the next game for whoever only watches; null for others. */
  watchNext: string | null;
}

/** Without an offer the line is empty. */
export function OfferLine({ state, offers, commands, seat, mayAnswer, watchNext }: OfferLineProps) {
  const { draw } = offers;
  const isMine = draw !== null && draw === seat;
  return (
    <div className="offer" role="status">
      {draw !== null && <span>{isMine ? 'You offer a draw' : `${nameOf(state, draw)} offers a draw`}</span>}
      {draw !== null && !isMine && mayAnswer && (
        <span className="steps">
          <button type="button" onClick={() => commands.finish(outcomeOf({ winner: null, by: 'agreement' }))}>
            Accept
          </button>
          <button type="button" onClick={() => commands.act(offers.declineDraw)}>
            Decline
          </button>
        </span>
      )}
      {offers.rematch && <span>The next game is there: sides are changed</span>}
      {offers.rematch && watchNext !== null && (
        <a className="button" href={watchNext}>
          Watch it
        </a>
      )}
    </div>
  );
}
