/** What passes on a clock with a time control, and what comes after it, in as few words as a glance takes. */
import { formatTime, type Reading, type Stage, type TimeControl } from '@synckairos/client';
import { spell } from '../setup/control-words.ts';

/** What passes on a clock: a reading, or what a hook makes of it. */
type Passing = Pick<Reading, 'phase' | 'phase_left_ms' | 'stage' | 'periods_left' | 'turns_left'>;

/** What is said beside the digits; empty where these say it all. */
export function phaseWords({ stages, repeat_last }: TimeControl, reading: Passing, running: boolean): string {
  const stage = stages[reading.stage];
  if (stage === undefined) return '';
  const next = stages[reading.stage + 1] ?? (repeat_last === true ? stage : undefined);
  return [delayWords(stage, reading, running), reserveWords(stage, reading), turnsWords(stage, next, reading)]
    .filter((part) => part !== '')
    .join(' · ');
}

/** The delay while it passes, and before: in whole seconds, which go down beside digits that stand. */
function delayWords({ delay_ms = 0, delay_type }: Stage, { phase, phase_left_ms }: Passing, running: boolean): string {
  if (delay_ms === 0 || delay_type === 'bronstein') return '';
  if (phase === 'delay' && running) return `delay ${formatWhole(phase_left_ms ?? 0)}`;
  return '';
}

/** Periods or a block: the present one, or what waits behind main time. */
function reserveWords({ byoyomi, canadian }: Stage, { phase, periods_left = 0, turns_left = 0 }: Passing): string {
  if (byoyomi !== undefined) {
    if (phase !== 'period') return `then ${periods_left} × ${spell(byoyomi.period_ms)}`;
    return periods_left === 1 ? 'last period' : `period ${byoyomi.periods - periods_left + 1} of ${byoyomi.periods}`;
  }
  if (canadian === undefined) return '';
  return phase === 'block' ? `${counted(turns_left)} in this time` : `then ${spell(canadian.block_ms)} for ${counted(canadian.turns)}`;
}

/** How the stage ends. */
function turnsWords({ turns, at_zero }: Stage, next: Stage | undefined, { phase, turns_left }: Passing): string {
  const more = next === undefined || next.time_ms === 0 ? '' : `+${formatTime(next.time_ms, 'stopwatch')}`;
  if (turns !== undefined && turns_left !== undefined && phase !== 'block') return `${counted(turns_left)} to ${more || 'the next stage'}`;
  return at_zero === 'next' && more !== '' ? `then ${more}` : '';
}

function counted(turns: number): string {
  return `${turns} ${turns === 1 ? 'move' : 'moves'}`;
}

function formatWhole(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : formatTime(seconds * 1_000);
}

/** What its bar counts as full in a phase, ms. */
export function fullOf({ stages }: TimeControl, { phase, stage: index }: Passing, main: number): number {
  const stage = stages[index];
  const whole = { main, delay: main, period: stage?.byoyomi?.period_ms, block: stage?.canadian?.block_ms, overrun: 0 }[phase];
  return Math.max(whole ?? 0, 1);
}
