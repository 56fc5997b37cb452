import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { history } from '../../server/audit/history.ts';
import { newest } from '../../server/audit/newest.ts';
import { deleteFinished } from '../../server/audit/retention.ts';
import { EventStore } from '../../server/audit/store.ts';
import { verify } from '../../server/audit/verify.ts';
import type { PrivatePostgres } from '../../server/local/private-postgres.ts';
import { query, silent } from '../audit/kit.ts';
import { RecordedSession } from '../audit/recorded-session.ts';
import { chess } from '../kit/games.ts';
import { freshDirectory, migrate, startOwnPostgres } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const SESSIONS = 25_000;
/** Events of each. */
const EVENTS = 50;
const DAYS = 365;
/** Written by each plan's backend behind the plan itself, in the order of the statements. */
const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_triggers': 'on',
  log_line_prefix: '%% ',
};

/**
 * The plans that PostgreSQL really made for the statements that the server really sends, over a table of more than a
 * million rows.
 */
describe(`the trail's queries over ${(SESSIONS * EVENTS).toLocaleString('en')} rows`, function () {
  this.timeout(0);
  let directory: string;
  let postgres: PrivatePostgres;
  let database: PrismaClient;
  let sample: string;

  before(async () => {
    directory = await freshDirectory('postgres');
    const plain = await startOwnPostgres({ directory, settings: { shared_buffers: '256MB' } });
    await migrate(plain.url);
    sample = await fill(plain.url);
    await plain.stop();
    postgres = await startOwnPostgres({ directory, port: plain.port, settings: { ...SETTINGS, shared_buffers: '256MB' } });
    database = openDatabase(postgres.url, silent, { connections: 1, statementMs: 60_000 });
    await database.$queryRaw`SELECT 1`;
  });
  after(async () => {
    await closeDatabase(database, silent);
    await postgres.stop();
  });

  /** Runs something, prints the plans of its statements, and returns them. */
  async function plansOf(name: string, work: () => Promise<unknown>): Promise<string[]> {
    const log = path.join(directory, 'server.log');
    const before = (await readFile(log, 'utf8')).length;
    await work();
    await database.$queryRaw`SELECT 'the end of it'`;
    const text = await until('the plans to be written', async () => {
      const all = (await readFile(log, 'utf8')).slice(before);
      return all.includes('the end of it') && all;
    });
    const plans = text
      .split('% ')
      .filter((part) => part.includes('plan:') && !part.includes('the end of it'))
      .map((part) => part.slice(part.indexOf('duration:')).trimEnd());
    for (const plan of plans) console.log(`\n--- ${name}\n${shortened(plan)}`);
    return plans;
  }
  const readsTables = (plans: string[]) => plans.filter((plan) => /Seq Scan on sync_/.test(plan));

  it('A-72 writing, history, recovery, verification and retention use an index over a million rows', async () => {
    const fresh = new RecordedSession(chess({ session_id: 'fresh' }), Date.parse('2026-12-01T00:00:00Z')).do({ type: 'start' });
    for (let move = 0; move < 48; move++) fresh.do({ type: 'switch' });
    const write = () => new EventStore(database, silent).write(fresh.queued, new AbortController().signal);
    const cutoff = new Date(Date.now() - 330 * 86_400_000);
    const works: Record<string, () => Promise<unknown>> = {
      'write 50 events': write,
      'write them again (all conflicts)': write,
      'a page of history': () => history(database, sample, 20, 20),
      'a page of history by type': () => history(database, sample, 0, 100, ['session_completed']),
      'the newest snapshot, for recovery': () => newest(database, sample),
      'verify a session': () => verify(database, 'fresh'),
      'retention, a batch of 50 sessions': () => deleteFinished(database, cutoff, 50),
      'retention with nothing to do': () => deleteFinished(database, new Date(0), 50),
    };
    for (const [name, work] of Object.entries(works)) expect(readsTables(await plansOf(name, work)), name).to.deep.equal([]);
  });
});

/** Fills both tables with finished and unfinished sessions over a year. Returns the id of one in the middle. */
async function fill(url: string): Promise<string> {
  const game = new RecordedSession(chess()).do({ type: 'start' }).do({ type: 'switch' });
  const snapshot = JSON.stringify(game.state);
  await query(
    url,
    `INSERT INTO sync_events
     SELECT 'session-' || md5(s::text), 1700000000000 + s, v, CASE v WHEN 1 THEN 'session_created' WHEN ${EVENTS} THEN 'session_completed' ELSE 'cycle_switched' END,
            now() - make_interval(days => s % ${DAYS}), 'white', NULL, 1000, 1799000, $1::json, '{"command_id":"c"}'::json, md5(s || '.' || v)
     FROM generate_series(1, ${SESSIONS}) s, generate_series(1, ${EVENTS}) v`,
    [snapshot],
  );
  await query(
    url,
    `INSERT INTO sync_sessions
     SELECT 'session-' || md5(s::text), 1700000000000 + s, ${EVENTS}, 'per_participant', CASE WHEN s % 10 = 0 THEN 'running' ELSE 'completed' END, ${EVENTS - 2},
            t, t, t, t, NULL
     FROM generate_series(1, ${SESSIONS}) s, LATERAL (SELECT now() - make_interval(days => s % ${DAYS})) AS at(t)`,
  );
  await query(url, 'VACUUM ANALYZE sync_events');
  await query(url, 'VACUUM ANALYZE sync_sessions');
  const [size] = await query<{ rows: string; heap: string; index: string }>(
    url,
    `SELECT (SELECT count(*) FROM sync_events) AS rows, pg_size_pretty(pg_table_size('sync_events')) AS heap, pg_size_pretty(pg_indexes_size('sync_events')) AS index`,
  );
  console.log(`      ${size?.rows} rows, table ${size?.heap}, index ${size?.index}`);
  const [row] = await query<{ id: string }>(url, `SELECT 'session-' || md5('12345') AS id`);
  return row?.id ?? '';
}

/** Without the statement's text and its parameters, which fill pages. */
function shortened(plan: string): string {
  const [head = '', ...lines] = plan.split('\n');
  const first = lines.findIndex((line) => /^\s*(\w[\w ]*|->.*)\(cost=/.test(line));
  return [head, ...lines.slice(first)].map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line)).join('\n');
}
