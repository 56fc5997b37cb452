/** Every clock at an instant that a person chooses. */
import { formatTime, type PlayedTurn, readClock, type SessionState } from '@synckairos/client';
import { useId } from 'react';
import { phaseWords } from '../game/phase.ts';
import { playerName } from './names.ts';

interface ClocksAtProps {
  turns: PlayedTurn[];
  /** Milliseconds after the game began. */
  at: number;
  onChange: (at: number) => void;
}

export function ClocksAt({ turns, at, onChange }: ClocksAtProps) {
  const id = useId();
  const end = turns[turns.length - 1]?.ends_at ?? 0;
  const number = turnAt(turns, at);
  const state = stateAt(turns, number, at);
  if (state === undefined) return null;
  return (
    <section className="instant" aria-label="Every clock at one instant">
      <div className="instant-choice">
        <label htmlFor={id}>At</label>
        <input
          id={id}
          type="range"
          min={0}
          max={end}
          step={Math.max(1, Math.round(end / 1_000))}
          value={at}
          aria-valuetext={formatTime(at, 'spoken')}
          onChange={(event) => onChange(Number(event.target.value))}
        />
        <output className="number" htmlFor={id}>
          {formatTime(at, 'stopwatch')}, turn {number + 1}
        </output>
      </div>
      <ul className="instant-clocks">
        {state.participants.map(({ participant_id, has_expired, is_active }) => {
          const reading = readClock(state, { participant_id }, at);
          return (
            <li key={participant_id} data-active={is_active && state.status === 'running'} data-expired={has_expired}>
              <span>
                {playerName(participant_id)} {is_active && state.status === 'running' ? '▶' : ''}
              </span>
              <b className="number">{formatTime(reading?.left_ms)}</b>
              <span>
                {has_expired ? '⚑ time is up' : reading && state.time_control && phaseWords(state.time_control, reading, is_active)}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Index of the turn that passes at an instant; the last one at its end. */
function turnAt(turns: PlayedTurn[], at: number): number {
  const found = turns.findIndex(({ ends_at }) => at < ends_at);
  return found === -1 ? turns.length - 1 : found;
}

function stateAt(turns: PlayedTurn[], number: number, at: number): SessionState | undefined {
  const turn = turns[number];
  return turn !== undefined && at >= turn.ends_at ? turn.after : turn?.state;
}
