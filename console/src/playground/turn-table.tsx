/** Each turn, and how the clocks stand after it. */
import { formatTime, type PlayedTurn, readClock } from '@synckairos/client';
import { phaseWords } from '../game/phase.ts';
import { seconds } from '../history/turn-chart.tsx';
import { playerName } from './names.ts';

export function TurnTable({ turns }: { turns: PlayedTurn[] }) {
  const players = turns[0]?.state.participants.map(({ participant_id: id }) => id) ?? [];
  return (
    // Wider than a phone where there are several players; it scrolls by keyboard, too.
    <div className="turn-table" role="region" aria-label="Turns" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Whose</th>
            <th scope="col">Length</th>
            {players.map((player) => (
              <th key={player} scope="col">
                {playerName(player)} then
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {turns.map((turn) => (
            <tr key={turn.state.cycle_count}>
              <td className="number">{turn.state.cycle_count + 1}</td>
              <td>{playerName(turn.participant_id)}</td>
              <td className="number">{seconds(turn.ends_at - turn.begins_at)}</td>
              {players.map((player) => (
                <td key={player}>
                  <ClockAfter turn={turn} player={player} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ClockAfter({ turn, player }: { turn: PlayedTurn; player: string }) {
  const { after, ends_at } = turn;
  const reading = readClock(after, { participant_id: player }, ends_at);
  const fell = turn.outcome === 'expiry' && turn.participant_id === player;
  const words = reading && after.time_control && phaseWords(after.time_control, reading, false);
  return (
    <>
      <b className="number">{formatTime(reading?.left_ms)}</b> {fell ? '⚑ time is up' : words}
    </>
  );
}
