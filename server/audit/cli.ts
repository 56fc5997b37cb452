import { type Config, ConfigError, loadConfig } from '../config.ts';
import { createLogger } from '../observability/logger.ts';
import { connectRedis, whenReady } from '../store/connection.ts';
import { createKeys } from '../store/keys.ts';
import { createOutbox } from '../store/outbox.ts';
import { timeAt } from '../store/time.ts';
import { statusText, eventTableHead, eventTableLine, verificationText } from './cli-text.ts';
import { closeDatabase, openDatabase } from './database.ts';
import type { PrismaClient } from './generated/client.ts';
import { oldestOnTheWay } from './lag.ts';
import { countJobs, failedJobs, retryFailed } from './operate-queue.ts';
import { type AuditQueue, closeQueue, openQueue } from './queue.ts';
import { causeOf, isFromNewerVersion, verdictOf } from './database-errors.ts';
import { fullHistory } from './full-history.ts';
import { verify } from './verify.ts';

const USAGE = 'usage: npm run audit -- status | retry | verify <session> | events <session>';
/** What releases up to 2.0 call `events`. */
const FORMER_NAMES: Record<string, string> = { replay: 'events' };
const DONE = 0;
const NOT_DONE = 1;
/** `verify` found that the trail differs from what was committed. */
const FOUND = 2;
const STATEMENT_MS = 60_000;

const logger = createLogger('silent', 'audit');

interface QueueTools {
  queue: AuditQueue;
  /** Unix ms by the clock of Redis. */
  now(): Promise<number>;
  oldest(): Promise<number>;
}

/**
 * `npm run audit`: commands for operators of the trail. Exits with 0; with 1 after one line that says why it could not
 * do it; with 2 if `verify` found something.
 */
async function main([name = '', session, ...more]: string[]): Promise<number> {
  const command = FORMER_NAMES[name] ?? name;
  const needsSession = command === 'verify' || command === 'events';
  if (more.length > 0 || needsSession !== (session !== undefined)) return refuse(USAGE);
  switch (command) {
    case 'status':
      return withQueue(showStatus);
    case 'retry':
      return withQueue(async ({ queue }) => {
        console.log(`${await retryFailed(queue)} failed jobs put back into the queue`);
        return DONE;
      });
    case 'verify':
      return withDatabase((database) => showVerification(database, session ?? ''));
    case 'events':
      return withDatabase((database) => printEvents(database, session ?? ''));
    default:
      return refuse(USAGE);
  }
}

async function showStatus({ queue, now, oldest }: QueueTools): Promise<number> {
  const [counts, failed, first, time] = await Promise.all([countJobs(queue), failedJobs(queue), oldest(), now()]);
  console.log(statusText(counts, Math.max(0, time - first), failed));
  return DONE;
}

async function showVerification(database: PrismaClient, sessionId: string): Promise<number> {
  const found = await verify(database, sessionId);
  if (found === 'unknown') return refuse(`${sessionId}: the trail knows no such session`);
  console.log(verificationText(sessionId, found));
  return found.findings.length === 0 ? DONE : FOUND;
}

async function printEvents(database: PrismaClient, sessionId: string): Promise<number> {
  const events = await fullHistory(database, sessionId);
  if (events === null) return refuse(`${sessionId}: the trail knows no such session`);
  console.log(eventTableHead());
  for await (const event of events) console.log(eventTableLine(event));
  return DONE;
}

/** Runs `work` with the queue of REDIS_URL and KEY_PREFIX. */
async function withQueue(work: (tools: QueueTools) => Promise<number>): Promise<number> {
  const { REDIS_URL, KEY_PREFIX } = configuration({});
  const redis = connectRedis(REDIS_URL, 'commands', 'audit-cli', logger);
  try {
    await whenReady(redis);
  } catch (error) {
    redis.disconnect();
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const queue = openQueue(redis, KEY_PREFIX, logger);
  const outbox = createOutbox(redis, KEY_PREFIX);
  const now = () => timeAt(redis, createKeys(KEY_PREFIX).clock);
  try {
    return await work({ queue, now, oldest: () => oldestOnTheWay({ queue, redis, outbox }) });
  } catch (error) {
    return refuse(`REDIS_URL: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await closeQueue(queue, logger);
    redis.disconnect();
  }
}

/** Runs `work` with the database of DATABASE_URL. */
async function withDatabase(work: (database: PrismaClient) => Promise<number>): Promise<number> {
  // These commands need no Redis.
  const { DATABASE_URL } = configuration({ REDIS_URL: 'redis://unused' });
  if (DATABASE_URL === undefined) throw new ConfigError('DATABASE_URL must be set');
  const database = openDatabase(DATABASE_URL, logger, { connections: 1, statementMs: STATEMENT_MS });
  try {
    return await work(database);
  } catch (error) {
    if (isFromNewerVersion(error)) return refuse(`It takes a newer version of the server to read this session: ${error.message}`);
    if (verdictOf(error) !== 'unavailable') throw error;
    const { host, pathname } = new URL(DATABASE_URL);
    return refuse(`DATABASE_URL: ${host}${pathname}: ${causeOf(error)}`);
  } finally {
    await closeDatabase(database, logger);
  }
}

/** Reads the settings. `spare` fills in for settings that the command does not need. */
function configuration(spare: Record<string, string>): Config {
  return loadConfig({ ...process.env, ...spare, AUDIT_WORKER: 'off' });
}

function refuse(line: string): number {
  console.error(line);
  return NOT_DONE;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.exit(refuse(error.message));
}
