/** Who comes by a link for everybody says who they are, and gets a page of their own. */
import { sessionHash } from '../route.ts';
import { inOrder } from '../trade.ts';
import { nameOf } from '../words.ts';
import type { TradeProps } from './trade-view.ts';
import '../styles/seats.css';

export function SeatPicker({ state }: Pick<TradeProps, 'state'>) {
  return (
    <section className="seats" aria-label="Who are you?">
      <h2>Who are you?</h2>
      <ul>
        {inOrder(state).map(({ participant_id: id }) => (
          <li key={id}>
            <a className="button" href={sessionHash(state.session_id, { as: id })} dir="auto">
              {nameOf(state, id)}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
