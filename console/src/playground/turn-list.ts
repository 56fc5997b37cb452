/** The lengths of turns as a person lists them. */
import { parseDuration } from '../setup/duration.ts';

/** More are of no use on one time line. */
export const TURNS_MAX = 200;
const SECOND = 1_000;

/**
 * Milliseconds of each turn of `0:30, 2 min, 10x 0:20`: times with commas or lines between, seconds where there is no
 * unit, and a number of times before an x. Or what can't be read of it.
 */
export function parseTurns(text: string): { turns: number[]; fault?: undefined } | { turns?: undefined; fault: string } {
  const turns: number[] = [];
  for (const part of text.split(/[,;\n]/).map((piece) => piece.trim())) {
    if (part === '') continue;
    const [, times = '1', length = ''] = /^(?:(\d{1,3})\s*[x×]\s*)?(.*)$/i.exec(part) ?? [];
    const ms = parseDuration(length, SECOND);
    if (ms === null || ms < 0) return { fault: `“${part}” is no time. Write for example 0:30, 2 min, 10x 0:20` };
    for (let count = Number(times); count > 0; count -= 1) turns.push(ms);
  }
  return turns.length > TURNS_MAX ? { fault: `At most ${TURNS_MAX} turns` } : { turns };
}
