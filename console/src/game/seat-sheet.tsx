/** Asks who plays at this device. */
import type { SessionState } from '@synckairos/client';
import { Sheet } from '../sheet.tsx';
import { nameOf } from '../words.ts';
import { FACING, seatsOf } from './seats.ts';

interface SeatSheetProps {
  state: SessionState;
  seat: string | undefined;
  onTake: (seat: string | undefined) => void;
  onClose: () => void;
}

export function SeatSheet({ state, seat, onTake, onClose }: SeatSheetProps) {
  const seats = seatsOf(state);
  const choices: [seat: string | undefined, label: string][] = [
    ...seats.map((id): [string, string] => [id, `I am ${nameOf(state, id)}`]),
    ...(seats.length === 2 ? [[FACING, 'Both, on each side of this device'] satisfies [string, string]] : []),
    [undefined, 'Everybody, one after the other'],
  ];
  return (
    <Sheet title="Who plays here?" onClose={onClose}>
      <p className="field-note">With a seat of its own a device ends the turns of that player only. It remembers the seat.</p>
      <div className="seat-choices">
        {choices.map(([choice, label]) => (
          <button
            key={choice ?? ''}
            type="button"
            className="chip"
            dir="auto"
            aria-pressed={choice === seat}
            onClick={() => {
              onTake(choice);
              onClose();
            }}
          >
            {label}
          </button>
        ))}
      </div>
    </Sheet>
  );
}
