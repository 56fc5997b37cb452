import type { Trail } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';
import { answers, closeDatabase, openDatabase } from './database.ts';
import { history } from './history.ts';
import { newest } from './newest.ts';

const CONNECTIONS = 5;
/** Somebody waits for the answer. */
const STATEMENT_MS = 3_000;

export interface TrailReader extends Trail {
  /** Whether PostgreSQL answers. Never rejects. */
  ping(): Promise<boolean>;
  /** Ends the connections, once. Never rejects. */
  close(): Promise<void>;
}

/** Opens the trail for reading. `history` rejects while PostgreSQL is out of reach, after some seconds at most. */
export function createTrail({ databaseUrl, logger }: { databaseUrl: string; logger: Logger }): TrailReader {
  const database = openDatabase(databaseUrl, logger, { connections: CONNECTIONS, statementMs: STATEMENT_MS });
  let closing: Promise<void> | undefined;
  return {
    newest: (sessionId) => newest(database, sessionId),
    history: (sessionId, afterVersion, limit, types) => history(database, sessionId, afterVersion, limit, types),
    ping: () => answers(database),
    close: () => (closing ??= closeDatabase(database, logger)),
  };
}
