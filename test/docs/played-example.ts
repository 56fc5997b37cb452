/** The worked examples of docs/TIME-CONTROLS.md, computed. */
import type { TimeControl } from '#contract';
import { playThrough, type PlayedTurn, type PlayThroughOptions, type Reading, readClock } from '../../client-sdk/src/index.ts';

/** `4:30`, `1:00:00`, `0:29.500`, `−0:10`. */
export function timeText(ms: number): string {
  if (ms < 0) return `−${timeText(-ms)}`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1_000) % 60];
  const whole = hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  return ms % 1_000 === 0 ? whole : `${whole}.${String(ms % 1_000).padStart(3, '0')}`;
}

/** Milliseconds of what `timeText` writes. */
export function timeOf(text: string): number {
  const parts = text.split(':').map(Number);
  if (parts.length < 2 || parts.some(Number.isNaN)) throw new Error(`“${text}” is no time`);
  return Math.round(parts.reduce((sum, part) => sum * 60 + part, 0) * 1_000);
}

/** A row for each turn: its number, its length, each player's clock after it, and what is left of its clock. */
export function rowsOf(control: TimeControl, turns_ms: readonly number[], options: PlayThroughOptions): string[][] {
  return playThrough(control, turns_ms, options).map((turn, index) => {
    const clocks = turn.after.participants.map(({ participant_id }) => clockText(control, turn, participant_id));
    const untilZero = readClock(turn.after, { participant_id: turn.participant_id }, turn.ends_at)?.remaining_ms ?? 0;
    const left = untilZero + (options.overrun_ms ?? 0);
    return [String(index + 1), timeText(turns_ms[index] ?? 0)].concat(clocks, timeText(left));
  });
}

function clockText(control: TimeControl, { after, participant_id, begins_at, ends_at, outcome }: PlayedTurn, whose: string): string {
  const reading = readClock(after, { participant_id: whose }, ends_at);
  if (reading === null) throw new Error(`no clock of ${whose}`);
  if (outcome === 'expiry' && whose === participant_id) return `the flag falls after ${timeText(ends_at - begins_at)}`;
  return [timeText(reading.left_ms ?? 0), ...placeText(control, reading)].join(', ');
}

function placeText({ stages }: TimeControl, { phase, stage: index, periods_left, turns_left }: Reading): string[] {
  const stage = stages[index];
  const periods = stage?.byoyomi?.periods ?? 0;
  const counted = turns_left === 1 ? '1 turn' : `${turns_left} turns`;
  return [
    ...(stages.length > 1 ? [`stage ${index + 1}`] : []),
    ...(periods_left === undefined ? [] : [phase === 'period' ? `period ${periods - periods_left + 1} of ${periods}` : 'main time']),
    ...(stage?.canadian === undefined ? [] : [phase === 'block' ? `${counted} of the block to go` : 'main time']),
    ...(turns_left === undefined || phase === 'block' ? [] : [`${counted} to go`]),
  ];
}
