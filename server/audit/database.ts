import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '../observability/logger.ts';
import { within } from '../util/within.ts';
import { PrismaClient } from './generated/client.ts';
import { Pool, schemaOf } from './pool.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** How much longer the driver waits than the server, so that the server's own, clearer error comes first. */
const DRIVER_MARGIN_MS = 500;
const END_DEADLINE_MS = 2_000;

export interface DatabaseLimits {
  /** Connections to PostgreSQL at most. */
  connections: number;
  /** Longest that a statement may take, ms, so that a database that hangs does not block this process. */
  statementMs: number;
}

/** Opens the trail's database. Connects at the first statement, and reconnects by itself. */
export function openDatabase(databaseUrl: string, logger: Logger, { connections, statementMs }: DatabaseLimits): PrismaClient {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + DRIVER_MARGIN_MS,
    keepAlive: true,
    application_name: 'synckairos',
    onLimitRefused: () =>
      logger.info(
        `the pooler takes no statement_timeout: ALTER ROLE … SET statement_timeout = ${statementMs} ends what hangs in PostgreSQL`,
      ),
  });
  const schema = schemaOf(databaseUrl);
  const adapter = new PrismaPg(pool, {
    ...(schema === undefined ? {} : { schema }),
    disposeExternalPool: true,
    onPoolError: (error) => logger.warn({ err: error.message }, 'database connection lost'),
    onConnectionError: (error) => logger.warn({ err: error.message }, 'database connection lost'),
  });
  return new PrismaClient({ adapter });
}

/** Closes all connections; those to a database that hangs end by their own time-outs. Never rejects. */
export async function closeDatabase(database: PrismaClient, logger: Logger): Promise<void> {
  const ended = database.$disconnect().catch((error: unknown) => logger.warn({ err: error }, 'closing the database failed'));
  await within(END_DEADLINE_MS, ended, () => {});
}

/** Whether the database answers. Never rejects. */
export async function answers(database: PrismaClient): Promise<boolean> {
  return database.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
}
