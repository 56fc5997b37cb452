import { SCHEMA, type Schema } from '../domain/schema.ts';
import { StoreUnavailableError } from '../engine/ports.ts';
import type { Trail } from '../engine/trail-ports.ts';
import type { Logger } from '../observability/logger.ts';
import type { History } from '../transport/history-port.ts';
import { answers, closeDatabase, openDatabase } from './database.ts';
import { within } from '../util/within.ts';
import type { Feed } from '../transport/feed-port.ts';
import { readFeed } from './feed.ts';
import { history, incarnations } from './history.ts';
import { newest } from './newest.ts';
import { causeOf, isOutage } from './database-errors.ts';

/** Two pools: history may take a while, and creates and sessions that are brought back must not wait for it. */
const CONNECTIONS = { history: 3, newest: 2 };
/** Short, since a client waits for the answer. */
const STATEMENT_MS = 3_000;
const PING_MS = 1_000;

export interface TrailReader extends Trail, History, Feed {
  /** Whether PostgreSQL answers within a second. Never rejects. */
  ping(): Promise<boolean>;
  /** Closes the connections, once. Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the trail for reading. Reads throw StoreUnavailableError while PostgreSQL is out of reach, after some seconds
 * at most.
 */
export function createTrail({
  databaseUrl,
  logger,
  schema = SCHEMA,
}: {
  databaseUrl: string;
  logger: Logger;
  schema?: Schema | undefined;
}): TrailReader {
  const open = (connections: number) => openDatabase(databaseUrl, logger, { connections, statementMs: STATEMENT_MS });
  const [database, urgent] = [open(CONNECTIONS.history), open(CONNECTIONS.newest)];
  let closing: Promise<void> | undefined;
  // The first question takes up to a second, to connect and to compile what asks; whoever creates a session waits for a
  // quarter of one.
  newest(urgent, '').catch(() => {});
  return {
    newest: (sessionId) => reachable(() => newest(urgent, sessionId, schema), logger),
    incarnations: (sessionId, createdAt, most) => reachable(() => incarnations(database, sessionId, createdAt, most), logger),
    history: (sessionId, afterVersion, limit, types, epochs, snapshots, seen) =>
      reachable(() => history(database, sessionId, afterVersion, limit, types, schema, epochs, snapshots, seen), logger),
    feed: (query) => reachable(() => readFeed(database, query), logger),
    ping: () => within(PING_MS, answers(urgent), () => false),
    close: () => (closing ??= Promise.all([database, urgent].map((each) => closeDatabase(each, logger))).then(() => {})),
  };
}

/** Throws StoreUnavailableError if PostgreSQL cannot answer now, and any other error as it is, since it shows a bug. */
async function reachable<Result>(read: () => Promise<Result>, logger: Logger): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!isOutage(error)) throw error;
    logger.warn({ cause: causeOf(error) }, 'the trail could not be read');
    throw new StoreUnavailableError('the audit trail is out of reach', { cause: error });
  }
}
