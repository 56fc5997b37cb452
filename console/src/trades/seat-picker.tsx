/** Who comes by a link for everybody says who they are, and gets a page of their own. */
import { type FormEvent, useState } from 'react';
import { sessionHash } from '../route.ts';
import { TextField } from '../setup/fields.tsx';
import { hasEnded, inOrder, viewOf } from '../trade.ts';
import { nameOf } from '../words.ts';
import { freshGuest } from './guests.ts';
import type { TradeProps } from './trade-view.ts';
import '../styles/seats.css';

/** Here whoever comes may take part; to an exam the desk lets people in. */
const OPEN_TO_ALL = new Set(['quiz', 'race', 'auction']);

export function SeatPicker({ client, state, rights, commands }: TradeProps) {
  const [name, setName] = useState('');
  const { session_id: id } = state;
  const isOver = hasEnded(state);
  const join = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    const as = freshGuest();
    commands.act(async () => {
      await client.edit(id, { participants: [{ participant_id: as, name: name.trim().slice(0, 100) }] });
      location.hash = sessionHash(id, { as });
    });
  };
  const seats = inOrder(state).filter(({ withdrawn }) => withdrawn !== true);
  return (
    <section className="seats" aria-label="Who are you?">
      <h2>Who are you?</h2>
      {!isOver && rights.role === 'anybody' && OPEN_TO_ALL.has(viewOf(state)) && (
        <form onSubmit={join}>
          <TextField label="Your name" value={name} fault={undefined} onChange={setName} />
          <button type="submit" className="primary">
            Join
          </button>
        </form>
      )}
      <ul>
        {seats.map(({ participant_id }) => (
          <li key={participant_id}>
            <a className="button" href={sessionHash(id, { as: participant_id })} dir="auto">
              {nameOf(state, participant_id)}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
