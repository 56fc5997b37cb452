import { readdirSync, readFileSync } from 'node:fs';

/** What Linux counts processor time in, whatever the kernel's own clock is. */
const TICK_MS = 10;

/**
 * Processor time that this process and all below it have used so far, ms, with that of children which have ended.
 * Undefined where there is no /proc.
 */
export function processorTimeMs(): number | undefined {
  const parents = new Map<number, { parent: number; ticks: number }>();
  try {
    for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) read(Number(name), parents);
  } catch {
    return undefined;
  }
  const isBelow = (pid: number): boolean => pid === process.pid || (parents.has(pid) && isBelow(parents.get(pid)?.parent ?? 0));
  return TICK_MS * [...parents].reduce((sum, [pid, { ticks }]) => sum + (isBelow(pid) ? ticks : 0), 0);
}

function read(pid: number, into: Map<number, { parent: number; ticks: number }>): void {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything: state, parent, …, and from the twelfth on the times of the process and
    // of its children in user and system mode.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    into.set(pid, { parent: Number(fields[1]), ticks });
  } catch {
    // It has ended meanwhile.
  }
}
