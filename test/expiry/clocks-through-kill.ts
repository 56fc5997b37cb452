/** Many concurrent clocks over two instances, one of which is killed midway: what was written down of each. */
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { silent } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

export interface ClocksRunOptions {
  sessions: number;
  /** In each session. */
  clocks: number;
  /** From a session's start to its first fall, and from that to its last, ms. */
  leadMs: number;
  spreadMs: number;
}

export interface ClocksRunReport {
  /** Clocks that the trail says fell, those of them that fell once, and those that fell at their deadline. */
  fallen: number;
  once: number;
  atDeadline: number;
  /** Rows of `participant_expired`, and how many there would be if all that share an instant share a version. */
  rows: number;
  instants: number;
  /** Sessions that are over, and whose trail verifies. */
  over: number;
  verified: number;
}

interface Row {
  session_id: string;
  timestamp: Date;
  metadata: { participant_ids: string[] };
}

/** Deadlines are multiples of this apart. */
const STEP_MS = 20;
/** So many clocks of a session fall at one instant. */
const TOGETHER = 4;

/** Starts the sessions, kills an instance midway, and tells what the trail says of it. */
export async function runClocksThroughKill({ sessions, clocks, leadMs, spreadMs }: ClocksRunOptions): Promise<ClocksRunReport> {
  const database = await freshDatabase();
  const cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
  try {
    const [doomed, living] = await Promise.all([cluster.process({ AUDIT_WORKER: 'off' }), cluster.process()]);
    const [exile, local] = [await cluster.client(doomed), await cluster.client(living)];
    const started: SessionState[] = [];
    for (let n = 0; n < sessions; n++) started.push(await start(n % 2 === 0 ? exile : local, n, clocks, leadMs, spreadMs));
    await wait(leadMs + spreadMs / 2);
    await doomed.kill();
    const isOver = async ({ session_id }: SessionState) => (await local.ok('session:get', { session_id })).status === 'expired';
    const areOver = async () => (await Promise.all(started.map(isOver))).every(Boolean);
    await until('every session is over', areOver, spreadMs + 15_000);
    return await report(database, started);
  } finally {
    await cluster.close();
  }
}

async function start(client: TestClient, seed: number, clocks: number, leadMs: number, spreadMs: number): Promise<SessionState> {
  const steps = Math.floor(spreadMs / STEP_MS);
  const participants = Array.from({ length: clocks }, (_, n) => ({
    participant_id: `p${n}`,
    total_time_ms: leadMs + STEP_MS * ((Math.floor(n / TOGETHER) * 7_919 + seed * 104_729) % steps),
  }));
  const { session_id } = await client.ok('session:create', chess({ concurrent: true, warning_thresholds_ms: [500], participants }));
  return client.ok('session:start', { session_id });
}

async function report(url: string, started: SessionState[]): Promise<ClocksRunReport> {
  const expected = new Map(
    started.flatMap(({ session_id, participants }) => participants.map((one) => [`${session_id}/${one.participant_id}`, one.deadline_at])),
  );
  const rows = await rowsOf(url, expected.size);
  const falls = rows.flatMap(({ session_id, timestamp, metadata }) =>
    metadata.participant_ids.map((id) => ({ clock: `${session_id}/${id}`, at: timestamp.toISOString() })),
  );
  const database = openDatabase(url, silent, { connections: 1, statementMs: 5_000 });
  let verified = 0;
  try {
    for (const { session_id } of started) {
      const result = await verify(database, session_id);
      if (result !== 'unknown' && result.findings.length === 0) verified += 1;
    }
  } finally {
    await closeDatabase(database, silent);
  }
  return {
    fallen: falls.length,
    once: new Set(falls.map(({ clock }) => clock)).size,
    atDeadline: falls.filter(({ clock, at }) => expected.get(clock) === at).length,
    rows: rows.length,
    instants: new Set(started.flatMap(({ session_id, participants }) => participants.map((one) => `${session_id}/${one.deadline_at}`)))
      .size,
    over: started.length,
    verified,
  };
}

async function rowsOf(url: string, expected: number): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const read = async () => {
      const sql = `SELECT session_id, "timestamp", metadata FROM sync_events WHERE event_type = 'participant_expired'`;
      return (await client.query<Row>(sql)).rows;
    };
    const count = (rows: Row[]) => rows.reduce((sum, { metadata }) => sum + metadata.participant_ids.length, 0);
    await until('the trail is complete', async () => count(await read()) >= expected, 60_000);
    return await read();
  } finally {
    await client.end();
  }
}
