/** One player's clock, as large as the room allows. A tap on the running one ends the turn. */
import { formatTime, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { nameOf } from './words.ts';

interface ClockPanelProps {
  client: SyncKairosClient;
  state: SessionState;
  player: SessionState['participants'][number];
  onSwitch: () => void;
}

const LOW_MS = 10_000;

export function ClockPanel({ client, state, player, onSwitch }: ClockPanelProps) {
  const left = useCountdown(client, state.session_id, player.participant_id);
  const running = state.status === 'running' && player.is_active;
  const name = nameOf(state, player.participant_id);
  const isUp = player.has_expired || left === 0;
  // A dash until the server's time is known: better no time than a wrong one.
  const digits = left === null ? '–:––' : formatTime(left);
  return (
    <button
      type="button"
      className="clock"
      data-player={player.participant_id}
      data-active={running}
      data-turn={state.status === 'paused' && player.is_active}
      data-low={left !== null && left < LOW_MS}
      data-expired={isUp}
      aria-disabled={!running}
      onClick={() => running && onSwitch()}
      // The space bar means the same wherever the focus is; the page handles it.
      onKeyUp={(event) => event.key === ' ' && event.preventDefault()}
    >
      <span className="clock-name">{name}</span>
      <span className="clock-time number" data-length={digits.length} aria-hidden="true">
        {digits}
      </span>
      <span className="sr-only">
        , {left === null ? 'time not known yet' : formatTime(left, 'spoken')}
        {running ? ', running. Press to end the turn.' : ''}
      </span>
      <progress className="clock-bar" value={left ?? 0} max={initialBank(state, player)} aria-hidden="true" />
      <span className="clock-note">{isUp ? 'Time is up' : note(state, player, running)}</span>
    </button>
  );
}

function note(state: SessionState, player: ClockPanelProps['player'], running: boolean): string {
  if (running) return 'Tap or press space when done';
  const moves = player.cycle_count === 0 ? [] : [player.cycle_count === 1 ? '1 move' : `${player.cycle_count} moves`];
  const increment = state.increment_ms === 0 ? [] : [`+${state.increment_ms / 1_000} s per move`];
  return [...moves, ...increment].join(' · ');
}

/** What the bar counts as full: the bank at the beginning, or the present one where the increment has lifted it above. */
function initialBank(state: SessionState, player: ClockPanelProps['player']): number {
  const given = state.metadata['bank_ms'];
  return Math.max(typeof given === 'number' ? given : 0, player.total_time_ms ?? 0, 1);
}
