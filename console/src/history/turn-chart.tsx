/** Time used in each turn, as bars; and as a table for screen readers. */
import { formatTime, type SessionState } from '@synckairos/client';
import { inOrder, turnWords } from '../trade.ts';
import { nameOf } from '../words.ts';
import type { Turn } from './turns.ts';

/** Units of the drawing, which is stretched to the available space. */
const HEIGHT = 100;
const BAR = 10;
const GAP = 3;
/** How many colours there are; further participants share them. */
const SERIES = 6;

export function TurnChart({ state, turns }: { state: SessionState; turns: Turn[] }) {
  const longest = Math.max(...turns.map(({ usedMs }) => usedMs), 1);
  const order = inOrder(state).map((player) => player.participant_id);
  const seriesOf = (who: string | null): number => Math.max(0, who === null ? 0 : order.indexOf(who)) % SERIES;
  const whose = (who: string | null): string => (who === null ? titleCase(turnWords(state).one) : nameOf(state, who));
  const words = turnWords(state);
  return (
    <figure className="chart">
      <figcaption>
        Time used per {words.one}
        <ul className="legend">
          {order.slice(0, SERIES).map((id) => (
            <li key={id}>
              <span className={`swatch series-${seriesOf(id)}`} aria-hidden="true" />
              {nameOf(state, id)}
            </li>
          ))}
        </ul>
      </figcaption>
      <div className="plot">
        <span className="plot-top number">{formatTime(longest, 'stopwatch')}</span>
        <svg
          viewBox={`0 0 ${Math.max(turns.length, 12) * (BAR + GAP) + GAP} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Bar chart of ${turns.length} ${turns.length === 1 ? words.one : words.many}, the longest ${formatTime(longest, 'spoken')}. The table below says the same.`}
        >
          {turns.map(({ number, who, usedMs }, index) => {
            const height = Math.max(1, (usedMs / longest) * HEIGHT);
            return (
              <rect
                key={number}
                className={`series-${seriesOf(who)}`}
                x={GAP + index * (BAR + GAP)}
                y={HEIGHT - height}
                width={BAR}
                height={height}
              />
            );
          })}
        </svg>
      </div>
      <details>
        <summary>As a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">Who</th>
              <th scope="col">Time used</th>
              <th scope="col">Ended by</th>
            </tr>
          </thead>
          <tbody>
            {turns.map(({ number, who, usedMs, endedBy }) => (
              <tr key={number}>
                <td className="number">{number}</td>
                <td>{whose(who)}</td>
                <td className="number">{seconds(usedMs)}</td>
                <td>{endedBy}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** A time to the millisecond, as in the trail: `1:02.345`. */
export function seconds(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const rest = ((ms % 60_000) / 1_000).toFixed(3);
  return minutes === 0 ? `${rest} s` : `${minutes}:${rest.padStart(6, '0')}`;
}

function titleCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
