import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Measure } from './compare.ts';
import type { MachineFacts } from './machine.ts';
import type { RowResult } from './row.ts';

export const RESULTS = path.resolve(import.meta.dirname, '../results');

const HEADER = ['measure', 'ratio', 'middle half', 'target', '', 'service', 'control', 'unit'];

/**
 * One table of all rows as Markdown, which reads well in a terminal too. Ratios come first, since absolute figures of
 * different machines can't be compared.
 */
export function tableOf(results: RowResult[]): string {
  const titles = results.map(({ name, title, seconds }) => `- \`${name}\` (${Math.round(seconds)} s): ${title}`);
  const lines = results.flatMap(({ name, measures }) => measures.map((measure) => cells({ ...measure, name: `${name}: ${measure.name}` })));
  return `${titles.join('\n')}\n\n${markdown(lines)}`;
}

/** Writes everything that was found to a file; returns its path. */
export async function writeJson(stamp: string, machine: MachineFacts, smoke: boolean, results: RowResult[]): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = path.join(RESULTS, `${stamp}${smoke ? '-smoke' : ''}.json`);
  await writeFile(file, `${JSON.stringify({ at: stamp, smoke, machine, rows: results }, null, 2)}\n`);
  return file;
}

function cells({ name, ratio, target, met, service, control, unit }: Measure): string[] {
  const several = ratio !== null && ratio.low !== ratio.high;
  return [
    name,
    ratio === null ? '–' : `${ratio.median.toFixed(2)}×`,
    several ? `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}` : '',
    target ?? '',
    met === null ? '' : met ? 'met' : '**missed**',
    figure(service),
    control === null ? '' : figure(control),
    unit,
  ];
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : value < 100 ? 1 : 0);
}

function markdown(rows: string[][]): string {
  const all = [HEADER, ...rows];
  const widths = HEADER.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
