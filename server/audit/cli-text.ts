import type { RecordedEvent } from '../domain/replay.ts';
import type { Finding } from './findings.ts';
import type { countJobs, FailedJob } from './operate-queue.ts';
import type { Verification } from './verify.ts';

const NAMED_FINDINGS = 20;

/** What `status` prints. `lagMs` is the age of the oldest event on its way; 0 when there is none. */
export function statusText(counts: Awaited<ReturnType<typeof countJobs>>, lagMs: number, failed: FailedJob[]): string {
  const sizes = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  const lines = [`jobs: ${sizes.join(', ')}`, `lag: ${(lagMs / 1000).toFixed(3)} s`];
  for (const { id, failedAt, attempts, cause, events } of failed) {
    lines.push(`failed ${instant(failedAt)} after ${attempts} attempts: ${cause}`, `  job ${id}: ${events.join(', ')}`);
  }
  const more = counts.failed - failed.length;
  if (more > 0) lines.push(`and ${more} more failed jobs`);
  if (failed.length > 0) lines.push('mend the cause, then: npm run audit -- retry');
  return lines.join('\n');
}

/** What `verify` prints. */
export function verificationText(sessionId: string, { rows, newest, findings }: Verification): string {
  const where = `version ${newest.version} of epoch ${newest.epoch}`;
  if (findings.length === 0) return `${sessionId}: ${rows} rows up to ${where}, all as they were committed`;
  const lines = findings.slice(0, NAMED_FINDINGS).map(findingText);
  if (findings.length > NAMED_FINDINGS) lines.push(`and ${findings.length - NAMED_FINDINGS} more`);
  if (findings.some(({ kind }) => kind === 'missing'))
    lines.push('events that are still on their way are missing too, see: npm run audit -- status');
  return [`${sessionId}: the trail up to ${where} is not what was committed`, ...lines].join('\n');
}

function findingText({ version, epoch, kind, what }: Finding): string {
  return `version ${version} of epoch ${epoch} ${kind}: ${what}`;
}

const COLUMNS = ['version', 'instant', 'type', 'who', 'elapsed', 'remaining', 'status'];
const WIDTHS = [7, 24, 19, 20, 12, 12, 0];

/** The head of the table that `npm run audit -- events` prints. */
export function eventTableHead(): string {
  return line(COLUMNS);
}

/** A line of that table. */
export function eventTableLine({
  version,
  timestamp,
  event_type,
  participant_id,
  group_id,
  time_elapsed_ms,
  time_remaining_ms,
  state_snapshot,
}: RecordedEvent): string {
  const who = participant_id ?? group_id ?? '-';
  const left = time_remaining_ms === null ? '-' : `${time_remaining_ms}`;
  return line([`${version}`, timestamp, event_type, who, `${time_elapsed_ms}`, left, state_snapshot?.status ?? '?']);
}

function line(cells: string[]): string {
  return cells
    .map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0))
    .join(' ')
    .trimEnd();
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
