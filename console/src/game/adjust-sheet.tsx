/** A sheet that adds time to a clock or takes some away. */
import { formatTime, modeOf, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { useState } from 'react';
import { Sheet } from '../sheet.tsx';
import { type Face, facesOf } from './faces.ts';

/** What can be given or taken with one press. */
export const STEPS: readonly (readonly [label: string, ms: number])[] = [
  ['−5 min', -300_000],
  ['−1 min', -60_000],
  ['−10 s', -10_000],
  ['+10 s', 10_000],
  ['+1 min', 60_000],
  ['+5 min', 300_000],
];

interface AdjustSheetProps {
  client: SyncKairosClient;
  state: SessionState;
  problem: string;
  /** Whether a button was pressed less than 300 ms ago. */
  rests: boolean;
  onAdjust: (deltaMs: number, who: string | undefined) => void;
  onClose: () => void;
}

export function AdjustSheet({ client, state, problem, rests, onAdjust, onClose }: AdjustSheetProps) {
  const faces = facesOf(state);
  const [chosen, choose] = useState(() => (faces.find(({ hasTurn }) => hasTurn) ?? faces[0])?.who);
  return (
    <Sheet title="Adjust time" onClose={onClose}>
      {faces.map((face) => (
        <label key={face.who} className="choice">
          <input type="radio" name="whose" checked={face.who === chosen} onChange={() => choose(face.who)} />
          <span>{modeOf(state).counts === 'up' ? 'Until it stops' : face.name || 'The clock'}</span>
          <Left client={client} state={state} face={face} />
        </label>
      ))}
      <div className="steps" role="group" aria-label="Give or take">
        {STEPS.map(([label, ms]) => (
          <button key={label} type="button" data-resting={rests} onClick={() => onAdjust(ms, chosen === 'global' ? undefined : chosen)}>
            {label}
          </button>
        ))}
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
    </Sheet>
  );
}

function Left({ client, state, face }: { client: SyncKairosClient; state: SessionState; face: Face }) {
  const left = useCountdown(client, state.session_id, face.who);
  return <b className="number">{left === null ? '–' : formatTime(left)}</b>;
}
