/** An exam over two instances, every student with a client of their own: what came of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { silent } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import type { ExamOrder, ExamReport, Student } from './exam-process.ts';

export interface ExamOptions {
  students: number;
  /** In how many processes their clients run. */
  processes: number;
  /** Over how long they start, and how long each has, ms. */
  startsMs: number;
  timeMs: number;
}

export interface ExamResult {
  state: SessionState;
  refused: string[];
  /** Students whose screens were looked at in the midst, and how far the worst was from the server, ms. */
  seen: number;
  apart: number;
  /** Versions that clients know at the end. */
  versions: number[];
  rows: number;
  findings: number;
  /** What the rows of the exam take in PostgreSQL. */
  megabytes: number;
}

/** Of all students so many have a factor, and so many come late. */
const EXTRA = 20;
const LATE = 100;

/** Plays the exam: staggered starts, extra time, late ones, a fire drill, hand-ins and clocks that fall. */
export async function runExam({ students: count, processes, startsMs, timeMs }: ExamOptions): Promise<ExamResult> {
  const database = await freshDatabase();
  const cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database, RATE_LIMIT_SOCKET: '0', RATE_LIMIT_GENERAL: '0' });
  const children: ChildProcess[] = [];
  try {
    const [a, b] = await Promise.all([cluster.process(), cluster.process({ AUDIT_WORKER: 'off' })]);
    const participants = Array.from({ length: count }, (_, n) => ({
      participant_id: `s${n}`,
      total_time_ms: timeMs,
      ...(n % EXTRA === 0 ? { time_factor: 1.25 } : {}),
    }));
    const teacher = await cluster.client(a);
    const { session_id } = await teacher.ok('session:create', chess({ concurrent: true, participants, warning_thresholds_ms: [] }));
    await teacher.ok('session:leave', { session_id });
    const students = participants.map(({ participant_id }, n): Student => {
      const isLate = n % LATE === LATE - 1;
      const startsAt = Math.round((isLate ? startsMs : 0) + (startsMs * n) / count);
      // Every fifth lets the clock fall.
      const finishesAt = startsAt + Math.round(timeMs * (0.5 + (0.4 * ((n * 7_919) % count)) / count));
      return { id: participant_id, url: (n % 2 === 0 ? a : b).url, startsAt, finishesAt: n % 5 === 4 ? undefined : finishesAt };
    });
    const parts = Array.from({ length: processes }, (_, part) => students.filter((_student, n) => n % processes === part));
    for (const part of parts) {
      const child = fork(path.resolve(import.meta.dirname, 'exam-process.ts'), {
        execArgv: ['--import', 'tsx', '--conditions=development'],
      });
      children.push(child);
      order(child, { session: session_id, students: part });
    }
    await Promise.all(children.map(async (child) => once(child, 'message')));
    const beginAt = Date.now() + 500;
    for (const child of children) order(child, { beginAt });
    await wait(500 + startsMs + timeMs / 4);
    await teacher.ok('session:pause', { session_id });
    await wait(timeMs / 10);
    await teacher.ok('session:resume', { session_id });
    const seen = await lookedAt(children);
    const read = async () => {
      const state = await teacher.ok('session:get', { session_id });
      return state.status === 'completed' && state;
    };
    const state = await until('the exam is over', read, 3 * timeMs + startsMs + 60_000);
    await until('every client knows', async () => (await lookedAt(children)).versions.every((version) => version === state.version));
    const last = await lookedAt(children);
    return {
      state,
      refused: last.refused,
      seen: seen.apart.length,
      apart: Math.max(...seen.apart),
      versions: last.versions,
      ...(await trailOf(database, state)),
    };
  } finally {
    for (const child of children) {
      if (child.connected) order(child, { leave: true });
      if (child.exitCode === null) await once(child, 'exit');
    }
    await cluster.close();
  }
}

function order(child: ChildProcess, what: ExamOrder): void {
  child.send(what);
}

async function lookedAt(children: readonly ChildProcess[]): Promise<Pick<ExamReport, 'apart' | 'versions' | 'refused'>> {
  const reports = await Promise.all(
    children.map(async (child) => {
      const answer = once(child, 'message') as Promise<[ExamReport]>;
      order(child, { look: true });
      return (await answer)[0];
    }),
  );
  const all = <Field extends 'apart' | 'versions'>(field: Field) => reports.flatMap((report) => report[field]);
  return { apart: all('apart'), versions: all('versions'), refused: reports.flatMap(({ refused }) => refused) };
}

async function trailOf(url: string, { session_id, version }: SessionState): Promise<Pick<ExamResult, 'rows' | 'findings' | 'megabytes'>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const database = openDatabase(url, silent, { connections: 1, statementMs: 60_000 });
  try {
    const count = async () => (await client.query<{ rows: string }>('SELECT count(*) AS rows FROM sync_events')).rows[0]?.rows;
    await until('the trail is complete', async () => Number(await count()) >= version, 120_000);
    const size = await client.query<{ bytes: string }>(`SELECT pg_total_relation_size('sync_events') AS bytes`);
    const result = await verify(database, session_id);
    const findings = result === 'unknown' ? 1 : result.findings.length;
    return { rows: Number(await count()), findings, megabytes: Number(size.rows[0]?.bytes) / 1_048_576 };
  } finally {
    await closeDatabase(database, silent);
    await client.end();
  }
}
