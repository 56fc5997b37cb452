import type { Job } from 'bullmq';
import type { AuditJob, AuditQueue } from './queue.ts';

const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;
/** A job may hold a megabyte. */
const PAGE = 20;
const NAMED_EVENTS = 3;

/** A job that failed for good, for display. */
export interface FailedJob {
  id: string;
  /** Unix ms of the last attempt. */
  failedAt: number;
  attempts: number;
  cause: string;
  /** The first events in it, each as "session version"; says how many more there are. */
  events: string[];
}

/** How many jobs are in each state. */
export async function countJobs(queue: AuditQueue): Promise<Record<(typeof STATES)[number], number>> {
  const counts = await queue.getJobCounts(...STATES);
  return { waiting: counts['waiting'] ?? 0, active: counts['active'] ?? 0, delayed: counts['delayed'] ?? 0, failed: counts['failed'] ?? 0 };
}

/** The jobs that failed last, newest first, at most 20. */
export async function failedJobs(queue: AuditQueue): Promise<FailedJob[]> {
  return (await queue.getFailed(0, PAGE - 1)).map(describe);
}

/** Puts every failed job back into the queue with all its attempts. Returns how many. */
export async function retryFailed(queue: AuditQueue): Promise<number> {
  let retried = 0;
  // Counted at the start, so that jobs that fail again meanwhile are not retried for ever.
  for (let left = await queue.getFailedCount(); left > 0; left -= PAGE) {
    const jobs = await queue.getFailed(0, Math.min(left, PAGE) - 1);
    if (jobs.length === 0) break;
    for (const job of jobs) await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    retried += jobs.length;
  }
  return retried;
}

function describe(job: Job<AuditJob>): FailedJob {
  const names = job.data.events.slice(0, NAMED_EVENTS).map(({ event }) => nameOf(event));
  const more = job.data.events.length - names.length;
  return {
    id: job.id ?? '',
    failedAt: job.finishedOn ?? 0,
    attempts: job.attemptsMade,
    cause: job.failedReason ?? 'unknown',
    events: more > 0 ? [...names, `${more} more`] : names,
  };
}

function nameOf(text: string): string {
  try {
    const { session_id, version } = JSON.parse(text) as { session_id: string; version: number };
    return `${session_id} ${version}`;
  } catch {
    return 'an event that is not JSON';
  }
}
