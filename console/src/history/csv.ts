/** Turns as a table that spreadsheets read (RFC 4180). */
import type { SessionState } from '@synckairos/client';
import { nameOf } from '../words.ts';
import type { Turn } from './turns.ts';

/** Spreadsheets take a cell that begins like this for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** One line for each turn: number, name, what it took in ms and as a time, and what ended it. */
export function csvOf(state: SessionState, turns: readonly Turn[]): string {
  const rows = turns.map(({ number, who, usedMs, endedBy }) => [
    String(number),
    who === null ? '' : nameOf(state, who),
    String(usedMs),
    endedBy,
  ]);
  return [['turn', 'who', 'used_ms', 'ended_by'], ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
