import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '../observability/logger.ts';
import { endsWithin } from './deadline.ts';
import { PrismaClient } from './generated/client.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** The driver waits this much longer than the server, so that the server's own, clearer refusal comes first. */
const DRIVER_MARGIN_MS = 500;
const END_DEADLINE_MS = 2_000;

export interface DatabaseLimits {
  /** Connections to PostgreSQL at most. */
  connections: number;
  /** How long a statement may take, ms: a database that hangs must not hang us. */
  statementMs: number;
}

/** Opens the trail's database. Connects at the first statement, and again by itself whenever a connection was lost. */
export function openDatabase(databaseUrl: string, logger: Logger, { connections, statementMs }: DatabaseLimits): PrismaClient {
  const { url, schema } = sessionUrl(databaseUrl);
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: statementMs,
      query_timeout: statementMs + DRIVER_MARGIN_MS,
      keepAlive: true,
      application_name: 'synckairos',
    },
    {
      ...(schema === undefined ? {} : { schema }),
      onPoolError: (error) => logger.warn({ err: error.message }, 'database connection lost'),
      onConnectionError: (error) => logger.warn({ err: error.message }, 'database connection lost'),
    },
  );
  return new PrismaClient({ adapter });
}

/** Ends all connections; those of a database that hangs are left to their own time-outs. Never rejects. */
export async function closeDatabase(database: PrismaClient, logger: Logger): Promise<void> {
  const ended = database.$disconnect().catch((error: unknown) => logger.warn({ err: error }, 'closing the database failed'));
  await endsWithin(END_DEADLINE_MS, ended);
}

/** Whether the database answers. Never rejects. */
export async function answers(database: PrismaClient): Promise<boolean> {
  return database.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
}

/**
 * A database URL with the settings that each connection needs, and the schema it names by `?schema=`, as Prisma's own URLs do.
 * The time zone is one of them because the adapter reads and writes instants as if every server spoke UTC.
 */
export function sessionUrl(databaseUrl: string): { url: string; schema: string | undefined } {
  const url = new URL(databaseUrl);
  const schema = url.searchParams.get('schema') ?? undefined;
  const settings = [url.searchParams.get('options'), '-c timezone=UTC'];
  if (schema !== undefined) {
    const quoted = `"${schema.replaceAll('"', '""')}"`;
    // A space would begin the next setting.
    settings.push(`-c search_path=${quoted.replaceAll(/[\\ ]/g, '\\$&')}`);
  }
  url.searchParams.delete('schema');
  url.searchParams.set('options', settings.filter(Boolean).join(' '));
  return { url: url.href, schema };
}
