/** A line for each player: what passed on their clock in each of their turns, and the flag. The table says the same. */
import { formatTime, type PlayedTurn } from '@synckairos/client';
import { playerName } from './names.ts';
import { type Segment, segmentsOf } from './segments.ts';

const PHASES: Record<Segment['phase'], string> = {
  delay: 'Delay',
  main: 'Main time',
  period: 'Period',
  block: 'Time for some moves',
  overrun: 'Below zero',
};

export function TimeLine({ turns, at }: { turns: PlayedTurn[]; at: number }) {
  const last = turns[turns.length - 1];
  const all = Math.max(last?.ends_at ?? 0, 1);
  const players = last?.state.participants.map(({ participant_id: id }) => id) ?? [];
  const segments = turns.map((turn) => ({ turn, pieces: segmentsOf(turn) }));
  const shown = new Set(segments.flatMap(({ pieces }) => pieces.map(({ phase }) => phase)));
  const ends = last?.outcome === 'expiry' ? `, and the flag of ${playerName(last.participant_id)} falls` : '';
  return (
    <figure className="time-line">
      <figcaption>
        {formatTime(all, 'stopwatch')} in all
        <ul className="legend">
          {[...shown].map((phase) => (
            <li key={phase}>
              <span className={`swatch phase-${phase}`} aria-hidden="true" />
              {PHASES[phase]}
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        role="img"
        aria-label={`Time line of ${turns.length} ${turns.length === 1 ? 'turn' : 'turns'} in ${formatTime(all, 'spoken')}${ends}. The table below says the same.`}
      >
        {players.map((player) => (
          <div key={player} className="time-line-row">
            <span className="time-line-name">{playerName(player)}</span>
            <div className="time-line-bar">
              {segments
                .filter(({ turn }) => turn.participant_id === player)
                .flatMap(({ pieces }) => pieces)
                .map(({ from, to, phase, periods }) => (
                  <span
                    key={from}
                    className={`piece phase-${phase}`}
                    title={`${PHASES[phase]}${phase === 'period' ? `, ${periods} left` : ''}: ${formatTime(to - from, 'stopwatch')}`}
                    style={{ left: share(from, all), width: share(to - from, all) }}
                  />
                ))}
              <span className="time-line-now" style={{ left: share(at, all) }} />
              {last?.outcome === 'expiry' && last.participant_id === player && <span className="flag">⚑</span>}
            </div>
          </div>
        ))}
      </div>
    </figure>
  );
}

function share(part: number, all: number): string {
  return `${(part / all) * 100}%`;
}
