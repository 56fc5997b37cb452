import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolClient } from 'pg';
import { PACKAGE_ROOT } from '../package-root.ts';
import { Pool, schemaOf } from './pool.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const DIRECTORY = path.join(PACKAGE_ROOT, 'prisma', 'migrations');
/** Whether Prisma's table is there. */
const EXISTS = `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`;

/**
 * The lock that Prisma takes, so that `prisma migrate` and this wait for each other. It ends with the transaction, also
 * behind a pooler.
 */
const LOCK = `
  SET LOCAL statement_timeout = 0;
  SET LOCAL lock_timeout = '10s';
  SELECT pg_advisory_xact_lock(72707369);
  SET LOCAL lock_timeout = 0`;

/** Prisma's table of migrations, in the form in which its engine creates it. */
const CREATE_TABLE = `
  CREATE TABLE _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

/** The tables of the schema in use, without those of extensions. */
const OTHER_TABLES = `
  SELECT FROM pg_class
   WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relkind IN ('r', 'p', 'f')
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
   LIMIT 1`;

/** Migrations cannot be applied. The message tells an operator why. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/**
 * Applies the migrations that a database lacks and records them in `_prisma_migrations`, as `prisma migrate deploy`
 * does, without downloading an engine. All of them in one transaction. Concurrent calls are safe.
 * @param directory contains the migrations; default: `prisma/migrations` of this package
 * @returns the names of the migrations that were applied now
 * @throws MigrationError
 */
export async function applyMigrations(databaseUrl: string, { directory = DIRECTORY } = {}): Promise<string[]> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    const client = await pool.connect();
    // A lost connection rejects the present statement as well; without a listener the event would end the process.
    client.on('error', () => {});
    try {
      await client.query('BEGIN');
      await client.query(LOCK);
      await createTable(client, schemaOf(databaseUrl));
      const names = await pending(client, directory);
      for (const name of names) await apply(client, name, readFileSync(path.join(directory, name, 'migration.sql'), 'utf8'));
      await client.query('COMMIT');
      return names;
    } finally {
      // After a failure this ends the transaction as well.
      client.release(true);
    }
  } catch (error) {
    throw new MigrationError(explain(error, databaseUrl), { cause: error });
  } finally {
    await pool.end();
  }
}

/**
 * The names of the migrations that a database lacks, oldest first; changes nothing.
 * @throws the driver's error where the database can't be read
 */
export async function pendingMigrations(databaseUrl: string, directory = DIRECTORY): Promise<string[]> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    const client = await pool.connect();
    client.on('error', () => {});
    try {
      const { rows } = await client.query<{ exists: boolean }>(EXISTS);
      return rows[0]?.exists === true ? await pending(client, directory) : namesIn(directory);
    } finally {
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

/** Creates Prisma's table and the schema that the URL names, where they are missing. */
async function createTable(client: PoolClient, schema: string | undefined): Promise<void> {
  if (schema !== undefined) await client.query(`CREATE SCHEMA IF NOT EXISTS ${client.escapeIdentifier(schema)}`);
  const { rows } = await client.query<{ exists: boolean }>(EXISTS);
  if (rows[0]?.exists === true) return;
  const { rowCount } = await client.query(OTHER_TABLES);
  if (rowCount !== 0) {
    throw new Error('there are other tables in it; give SyncKairos a database of its own, or a schema by ?schema=synckairos');
  }
  await client.query(CREATE_TABLE);
}

/** The names of the migrations that are still to be applied, oldest first. */
async function pending(client: PoolClient, directory: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; finished: boolean }>(
    `SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  const failed = rows.find(({ finished }) => !finished);
  if (failed !== undefined) {
    throw new Error(`migration ${failed.name} failed before; repair what it left, then say so by \`prisma migrate resolve\``);
  }
  const applied = new Set(rows.map(({ name }) => name));
  return namesIn(directory).filter((name) => !applied.has(name));
}

/** All migrations, oldest first. */
function namesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function apply(client: PoolClient, name: string, sql: string): Promise<void> {
  const id = randomUUID();
  const checksum = createHash('sha256').update(sql).digest('hex');
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count) VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [id, checksum, name],
  );
  await client.query(sql).catch((error: Error) => {
    throw new Error(`migration ${name}: ${error.message}`, { cause: error });
  });
  await client.query(`UPDATE _prisma_migrations SET finished_at = clock_timestamp() WHERE id = $1`, [id]);
}

/** What an operator can do about a failure, by its SQLSTATE. */
const REMEDIES: Record<string, string> = {
  '3D000': '; create it first',
  '55P03': '; another migration has been under way for ten seconds, so try again when it has ended',
};

/** One line with the address of the database, without its password. */
function explain(error: unknown, databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  const { message, code = '' } = error as Error & { code?: string };
  // The error of a host with several addresses has no message.
  const said = (message || `can't be reached (${code})`).replaceAll(/\s+/g, ' ').trim();
  const isCertificate = /certificate/.test(said);
  const remedy = isCertificate ? "; NODE_EXTRA_CA_CERTS or ?sslrootcert= names the authority's file" : (REMEDIES[code] ?? '');
  return `${host}${pathname}: ${said}${remedy}`;
}
