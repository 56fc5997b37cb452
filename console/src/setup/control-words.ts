/** A time control that a person writes: read as players say it, and told in a sentence. */
import { parseTimeControl, type Stage, type TimeControl } from '@synckairos/client';

/** What a person has written, as a time control or as what can't be read of it. */
export function readControl(text: string): { control: TimeControl; fault?: undefined } | { control?: undefined; fault: string } {
  try {
    return { control: parseTimeControl(text, { unit: 'minutes' }) };
  } catch (thrown) {
    return { fault: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** What a time control gives: `1 h 30 min for 40 moves (+30 s a move), then 30 min (+30 s a move)`. */
export function controlWords({ stages, repeat_last, hourglass }: TimeControl): string {
  if (hourglass === true) return `${spell(stages[0]?.time_ms ?? 0)} each; what one uses the others get`;
  return `${stages.map(stageWords).join(', then ')}${repeat_last === true ? ', and so on' : ''}`;
}

function stageWords({ time_ms, turns, byoyomi, canadian, ...stage }: Stage): string {
  const extras = extraWords(stage);
  const parts = [
    time_ms === 0 ? '' : spell(time_ms) + (turns === undefined ? '' : ` for ${turns} ${turns === 1 ? 'move' : 'moves'}`),
    byoyomi === undefined ? '' : `${byoyomi.periods} ${byoyomi.periods === 1 ? 'period' : 'periods'} of ${spell(byoyomi.period_ms)}`,
    canadian === undefined ? '' : `${spell(canadian.block_ms)} for each ${canadian.turns} moves`,
  ].filter((part) => part !== '');
  return (parts.length === 0 ? 'No time of its own' : parts.join(', then ')) + (extras === '' ? '' : ` (${extras})`);
}

/** What a stage gives with each move: `+30 s a move`, `5 s free a move`; empty for nothing. */
export function extraWords({ increment_ms = 0, increment_every = 1, delay_ms = 0, delay_type, max_time_ms }: Partial<Stage>): string {
  const every = increment_every === 1 ? 'a move' : `every ${increment_every} moves`;
  return [
    increment_ms === 0 ? '' : `+${spell(increment_ms)} ${every}`,
    max_time_ms === undefined ? '' : `never above ${spell(max_time_ms)}`,
    delay_ms === 0 ? '' : delay_type === 'bronstein' ? `up to ${spell(delay_ms)} back a move` : `${spell(delay_ms)} free a move`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** `1 h 30 min`, `2.5 s`. */
export function spell(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1_000;
  const parts = [
    [hours, 'h'],
    [minutes, 'min'],
    [seconds, 's'],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ') || '0 s'
  );
}
