/** One clock, as large as the space allows. A tap on the running one ends the turn. */
import { formatTime, readClock, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useClock, useStopwatch } from '@synckairos/client/react';
import { hasBid, isAuction, turnWords } from '../trade.ts';
import { spokenOver } from '../words.ts';
import { useDigitsWidth } from './digits.ts';
import type { Face } from './faces.ts';
import { fullOf, phaseWords } from './phase.ts';
import { usePress } from './press.ts';

interface ClockPanelProps {
  client: SyncKairosClient;
  state: SessionState;
  face: Face;
  /** Whether the user may end this turn. */
  mayEnd: boolean;
  /** Whether it was pressed, or got another meaning, less than 300 ms ago. */
  rests: boolean;
  /** Whether the last seconds are counted whole, 3-2-1, instead of by tenths. */
  wholeSeconds?: boolean;
  onSwitch: () => void;
}

/** The part of a hint that needs a keyboard. */
const KEYS = ' or press space';
/** The last seconds are highlighted, whatever the last threshold is. */
const LAST_MS = 10_000;

export function ClockPanel({ client, state, face, mayEnd, rests, wholeSeconds = false, onSwitch }: ClockPanelProps) {
  const view = useClock(client, state.session_id, face.who);
  const left = view?.left_ms ?? null;
  const used = useStopwatch(client, state.session_id);
  const shown = face.counts === 'up' ? used : left;
  const running = state.status === 'running' && face.hasTurn;
  const goesOn = state.overrun_ms !== undefined;
  const isUp = face.hasExpired || (left === 0 && !goesOn);
  const isOver = goesOn && !isUp && left !== null && left <= 0;
  const { hint } = turnWords(state);
  const canEnd = running && mayEnd && hint !== null;
  // The space bar means the same wherever the focus is; the page handles it.
  const { onPointerDown, onClick } = usePress(() => canEnd && onSwitch());
  const { controlled } = face;
  const phase = controlled === null || view === null || isUp ? '' : phaseWords(controlled.control, view, running);
  const full = controlled === null || view === null ? face.full : fullOf(controlled.control, view, face.full ?? 0);
  // Thresholds count down to the end of all periods and blocks.
  const untilEnd = controlled === null ? left : (readClock(state, controlled.owner, client.getServerTime())?.remaining_ms ?? left);
  // A dash until the server's time is known: no time is better than a wrong one.
  const digits = shown === null ? '–:––' : digitsOf(shown, face.counts, wholeSeconds);
  const digitsWidth = useDigitsWidth(digits);
  return (
    <button
      type="button"
      className="clock"
      data-player={face.who}
      data-active={running}
      data-focused={face.hasTurn}
      data-turn={state.status === 'paused' && face.hasTurn}
      data-level={isOver ? 'over' : levelOf(state, untilEnd)}
      data-phase={view?.phase}
      data-expired={isUp}
      data-done={!isUp && (face.isDone || state.status === 'completed' || state.status === 'cancelled')}
      aria-disabled={!canEnd}
      data-resting={canEnd && rests}
      onPointerDown={onPointerDown}
      onClick={onClick}
    >
      <span className="clock-face" style={{ ['--digits-width' as string]: digitsWidth }}>
        <span className="clock-name">{face.name}</span>
        <span className="clock-time number" aria-hidden="true">
          {digits}
        </span>
        <span className="sr-only">
          , {shown === null ? 'time not known yet' : isOver ? spokenOver(shown) : formatTime(shown, 'spoken')}
          {phase === '' ? '' : `, ${phase}`}
          {running ? ', running.' : ''}
          {canEnd ? ' Press to end the turn.' : ''}
        </span>
        <span className="clock-phase number" aria-hidden="true">
          {phase}
        </span>
        {full === null ? <span /> : <progress className="clock-bar" value={Math.max(0, left ?? 0)} max={full} aria-hidden="true" />}
        <span className="clock-note">
          {isOver && <b className="clock-over">Overtime</b>}
          {isUp ? isAuction(state) && hasBid(state) ? 'Sold' : 'Time is up' : canEnd ? <Hint text={hint} /> : face.note}
        </span>
      </span>
    </button>
  );
}

/** What a clock shows; `wholeSeconds` counts the last ones 3-2-1. */
export function digitsOf(ms: number, counts: Face['counts'], wholeSeconds = false): string {
  if (wholeSeconds && ms > 0 && ms < LAST_MS) return String(Math.ceil(ms / 1_000));
  return formatTime(ms, counts === 'up' ? 'stopwatch' : 'countdown');
}

/** What to do; without the key on devices that have no keyboard. */
function Hint({ text }: { text: string }) {
  const [tap, rest] = text.split(KEYS);
  return (
    <>
      {tap}
      <span className="for-keys">{KEYS}</span>
      {rest}
    </>
  );
}

/** How near the end is: `soon` from the first warning on, `now` from the last one, or in the last seconds. */
export function levelOf({ warning_thresholds_ms: thresholds }: SessionState, left: number | null): 'calm' | 'soon' | 'now' {
  if (left === null || thresholds.length === 0) return 'calm';
  const first = Math.max(...thresholds);
  // Of a short clock these are fewer.
  const last = Math.max(Math.min(...thresholds), Math.min(LAST_MS, first / 2));
  if (left > first) return 'calm';
  return left > last ? 'soon' : 'now';
}
