/**
 * Many deadlines over two instances, one of which is killed midway: who was told what, when, and what was written down.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { insist } from '../clients/insist.ts';
import { chess } from '../kit/games.ts';
import { type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { GRACE_MS, inParallel, type Session, Watcher } from './watcher.ts';

const SOCKETS = 8;
const AT_ONCE = 64;

export interface DeadlineRunOptions {
  sessions: number;
  /** From the first deadline to the last, ms. */
  spreadMs: number;
  /** From the beginning to the first deadline, ms: time to start them all. */
  leadMs: number;
  /** Every how many sessions somebody also watches at the instance that is killed, and comes back to the other one. */
  exiledEvery: number;
  /** Warning thresholds of every session, ms. */
  thresholds: number[];
}

export interface Figures {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export interface DeadlineRunReport {
  /** Rows of `participant_expired`, sessions they are of, and those whose instant is the session's deadline. */
  rows: number;
  rowSessions: number;
  rowsAtDeadline: number;
  /** Clients that were told of one expiry more than once, or before its grace was over. */
  toldTwice: number;
  toldEarly: number;
  watchers: number;
  /** Warnings that clients of the instance that lives were sent, and how many of them more than once. */
  warnings: number;
  warnedTwice: number;
  /** From a deadline to the moment each watcher knew, ms. */
  knew: Figures;
  /**
   * From the end of the grace to the commit, ms, by whose alarm it was: of the instance that lived (all of them, and
   * those after the kill), of the other one before the kill, and after it.
   */
  living: Figures;
  livingAfterKill: Figures;
  beforeKill: Figures;
  orphans: Figures;
  /**
   * How late the thinnest program of the kind was meanwhile (bare-timer.ts), ms: what this machine makes of any
   * promise.
   */
  control: Figures;
}

/** Creates and starts the sessions, kills an instance midway, and tells what came of it. */
export async function runDeadlinesThroughKill(options: DeadlineRunOptions): Promise<DeadlineRunReport> {
  const database = await freshDatabase();
  const cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
  try {
    // The instance that is killed carries no trail, since the jobs of a killed worker are found only after a while.
    const [doomed, living] = await Promise.all([cluster.process({ AUDIT_WORKER: 'off' }), cluster.process()]);
    const watchersOf = (instance: InstanceProcess) =>
      Promise.all(
        Array.from({ length: SOCKETS }, async () => {
          const watcher = new Watcher();
          await watcher.connect(instance.url);
          return watcher;
        }),
      );
    const [exiles, locals] = [await watchersOf(doomed), await watchersOf(living)];
    const sessions = await startAll(options, exiles, locals);

    const midway = Math.min(...sessions.map((session) => session.deadline)) + options.spreadMs / 2;
    const control = startControl(cluster.settings.REDIS_URL);
    await wait(Math.max(0, midway - Date.now()));
    const killedAt = Date.now();
    await doomed.kill();
    await Promise.all(exiles.map((watcher) => watcher.moveTo(living.url)));
    const everybodyKnows = async () => [...exiles, ...locals].every(({ knew, sessions: own }) => knew.size >= own.length);
    await until('everybody knows', everybodyKnows, options.spreadMs + 40_000).catch(async (error: unknown) => {
      await control();
      throw error;
    });
    const bare = await control();
    const rows = await rowsOf(database, options.sessions);
    for (const watcher of [...exiles, ...locals]) watcher.client.close();
    return report(sessions, exiles, locals, rows, killedAt, bare);
  } finally {
    await cluster.close();
  }
}

/** Creates and starts the sessions, alternately at both instances, so that their deadlines are evenly spread. */
async function startAll(
  { sessions, spreadMs, leadMs, exiledEvery, thresholds }: DeadlineRunOptions,
  exiles: Watcher[],
  locals: Watcher[],
): Promise<Session[]> {
  const begin = Date.now();
  const started: Session[] = [];
  await inParallel(
    Array.from({ length: sessions }, (_, n) => n),
    AT_ONCE,
    async (n) => {
      const due = begin + leadMs + (n * spreadMs) / sessions;
      const [exile, local] = [exiles[n % SOCKETS] as Watcher, locals[n % SOCKETS] as Watcher];
      const isDoomed = n % 2 === 0;
      const bank = Math.max(1_000, Math.round(due - Date.now()));
      const game = chess({
        participants: [{ participant_id: 'one', total_time_ms: bank }],
        warning_thresholds_ms: thresholds,
        action_on_timeout: { type: 'end_session' },
      });
      const { session_id } = game;
      // Whoever creates is in the room at once.
      await local.client.ok('session:create', game);
      const session: Session = { id: session_id, deadline: 0, doomed: isDoomed };
      local.sessions.push(session);
      if (n % exiledEvery === 0) {
        await exile.client.ok('session:join', { session_id });
        exile.sessions.push(session);
      }
      const state = await insist((isDoomed ? exile : local).client, 'session:start', { session_id, command_id: 'start' });
      session.deadline = Date.parse(state.deadline_at ?? '');
      started.push(session);
    },
  );
  return started;
}

async function rowsOf(database: string, expected: number): Promise<{ session_id: string; timestamp: Date }[]> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const read = async () => {
      const { rows } = await client.query<{ session_id: string; timestamp: Date }>(
        `SELECT session_id, "timestamp" FROM sync_events WHERE event_type = 'participant_expired'`,
      );
      return rows;
    };
    await until('the trail is complete', async () => (await read()).length >= expected, 60_000);
    return await read();
  } finally {
    await client.end();
  }
}

function report(
  sessions: Session[],
  exiles: Watcher[],
  locals: Watcher[],
  rows: { session_id: string; timestamp: Date }[],
  killedAt: number,
  control: Figures,
): DeadlineRunReport {
  const watchers = [...exiles, ...locals];
  const deadlines = new Map(sessions.map((session) => [session.id, session.deadline]));
  const committed = new Map<string, number>();
  for (const { told } of watchers) for (const [id, [first]] of told) if (first !== undefined) committed.set(id, first.server_time_ms);
  const lateness = (some: Session[]) =>
    figures(
      some.flatMap(({ id, deadline }) => {
        const at = committed.get(id);
        return at === undefined ? [] : [at - deadline - GRACE_MS];
      }),
    );
  return {
    rows: rows.length,
    rowSessions: new Set(rows.map((row) => row.session_id)).size,
    rowsAtDeadline: rows.filter((row) => row.timestamp.getTime() === deadlines.get(row.session_id)).length,
    toldTwice: watchers.reduce((sum, { told }) => sum + [...told.values()].filter((events) => events.length > 1).length, 0),
    toldEarly: watchers.reduce((sum, { early }) => sum + early, 0),
    watchers: watchers.reduce((sum, { sessions: own }) => sum + own.length, 0),
    warnings: locals.reduce((sum, { warned }) => sum + warned.size, 0),
    warnedTwice: locals.reduce((sum, { warned }) => sum + [...warned.values()].filter((times) => times > 1).length, 0),
    knew: figures(watchers.flatMap(({ knew }) => [...knew].map(([id, at]) => at - (deadlines.get(id) ?? 0)))),
    living: lateness(sessions.filter((session) => !session.doomed)),
    livingAfterKill: lateness(sessions.filter((session) => !session.doomed && session.deadline + GRACE_MS >= killedAt)),
    beforeKill: lateness(sessions.filter((session) => session.doomed && session.deadline + GRACE_MS < killedAt - 50)),
    orphans: lateness(sessions.filter((session) => session.doomed && session.deadline + GRACE_MS >= killedAt - 50)),
    control,
  };
}

/** Runs the bare timer loop in a process of its own until asked for its figures. */
function startControl(redisUrl: string): () => Promise<Figures> {
  const script = path.resolve(import.meta.dirname, 'bare-timer.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=development', script], {
    env: { PATH: process.env['PATH'] ?? '', REDIS_URL: redisUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const runs = once(child.stdout, 'data');
  return async () => {
    await runs;
    child.kill('SIGTERM');
    await once(child, 'close');
    return figures((JSON.parse(output) as number[]).map((ms) => Math.round(ms)));
  };
}

function figures(values: number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
