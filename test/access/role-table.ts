import { readFileSync } from 'node:fs';
import type { CommandName, Role } from '#contract';

/** A column of the table: a role, or none in the session. */
export type Column = Role | 'no role';
/** What a cell may say. */
export const CELLS = ['yes', 'no', 'users', 'own turn', 'own clock', 'own name', 'not who joins', 'if allowed'] as const;
export type Cell = (typeof CELLS)[number];

/** The table of docs/SECURITY.md: what people read is what the test walks through. */
export function roleTable(): Map<CommandName, Map<Column, Cell>> {
  const text = readFileSync(new URL('../../docs/SECURITY.md', import.meta.url), 'utf8');
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('| command | owner'));
  const [, ...columns] = cellsOf(lines[start] ?? '') as [string, ...Column[]];
  const table = new Map<CommandName, Map<Column, Cell>>();
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    const [name = '', ...cells] = cellsOf(line);
    table.set(name.replaceAll('`', '') as CommandName, new Map(columns.map((column, index) => [column, cells[index] as Cell])));
  }
  return table;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
