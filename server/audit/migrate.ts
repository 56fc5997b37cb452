import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import type { PoolClient } from 'pg';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PACKAGE_ROOT } from '../package-root.ts';
import { Pool, schemaOf } from './pool.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const MIGRATION = 'migration.sql';
const LOCKFILE = 'migration_lock.toml';
/** What the engine runs before anything else, so that two migrations wait for each other. */
const ENGINE_LOCK = 'SELECT pg_advisory_lock(72707369)';

/** Migrations that can't be applied. Its message says why, in words for an operator. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/**
 * Applies the migrations that a database has not seen yet and records them in `_prisma_migrations`, as `prisma migrate deploy` does, without downloading an engine. Several at a time are safe.
 * @param directory holds the migrations; default: `prisma/migrations` of this package
 * @returns the names of those that were applied now
 * @throws MigrationError
 */
export async function applyMigrations(
  databaseUrl: string,
  { directory = path.join(PACKAGE_ROOT, 'prisma', 'migrations') } = {},
): Promise<string[]> {
  const connections = new Connections(databaseUrl);
  try {
    const { SchemaEngine } = await loadEngine();
    const schemaEngine = await SchemaEngine.new({ datamodels: undefined }, () => {}, bindMigrationAwareSqlAdapterFactory(connections));
    try {
      const input = { migrationsList: readMigrations(directory), filters: { externalTables: [], externalEnums: [] } };
      return (await schemaEngine.applyMigrations(input)).appliedMigrationNames;
    } finally {
      schemaEngine.free();
    }
  } catch (error) {
    throw new MigrationError(explain(error, databaseUrl), { cause: error });
  } finally {
    await connections.end();
  }
}

/**
 * The engine's way to the database. The engine forgets its connections instead of ending them; they would keep the process alive for ten seconds
 * and with it the engine's lock, for which every other migration would have to wait.
 */
class Connections implements SqlMigrationAwareDriverAdapterFactory {
  readonly #pool: Pool;
  readonly #factory: PrismaPg;
  #lock: PoolClient | undefined;
  readonly provider: PrismaPg['provider'];
  readonly adapterName: string;

  constructor(connectionString: string) {
    // One for the engine, one for the lock.
    this.#pool = new Pool({ connectionString, max: 2, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, idleTimeoutMillis: 0 });
    const schema = schemaOf(connectionString);
    this.#factory = new PrismaPg(this.#pool, schema === undefined ? {} : { schema });
    ({ provider: this.provider, adapterName: this.adapterName } = this.#factory);
  }

  async connect(): Promise<SqlDriverAdapter> {
    const adapter = await this.#factory.connect();
    const executeRaw = adapter.executeRaw.bind(adapter);
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.executeRaw = (statement) => (statement.sql === ENGINE_LOCK ? this.#takeLock() : executeRaw(withOffsets(statement)));
    adapter.queryRaw = (statement) => queryRaw(withOffsets(statement));
    return adapter;
  }

  /** Behind a pooler the engine's lock would stay on a connection of the pooler's, for ever; a transaction is on one connection, and so ends with its lock. */
  async #takeLock(): Promise<number> {
    this.#lock = await this.#pool.connect();
    await this.#lock.query('BEGIN');
    await this.#lock.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await this.#lock.query(ENGINE_LOCK.replace('pg_advisory_lock', 'pg_advisory_xact_lock'));
    return 1;
  }

  connectToShadowDb(): Promise<SqlDriverAdapter> {
    return this.#factory.connectToShadowDb();
  }

  async end(): Promise<void> {
    await this.#lock?.query('COMMIT').catch(() => {});
    this.#lock?.release(true);
    await this.#pool.end();
  }
}

/** The adapter would write instants without their offset, which then are of the session's time zone. */
function withOffsets({ argTypes, ...statement }: SqlQuery): SqlQuery {
  return { ...statement, argTypes: argTypes.map((type) => (type.scalarType === 'datetime' ? { ...type, scalarType: 'string' } : type)) };
}

/** The engine never clears the timer of its lock's time-out. While it really waits for the lock, the connection keeps the process alive. */
function withoutIdleTimers(imports: object): object {
  const timer = Object.keys(imports).find((name) => name.startsWith('__wbg_setTimeout_'));
  return timer === undefined
    ? imports
    : { ...imports, [timer]: (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref() };
}

/** Node has it, but its types only come with the browser's. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: Record<string, object>): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

let loaded: Promise<typeof engine> | undefined;

/** The package expects a bundler to load its WebAssembly; this is what a bundler would write. */
function loadEngine(): Promise<typeof engine> {
  return (loaded ??= (async () => {
    const file = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg')).replace(/\.js$/, '.wasm');
    const { instance } = await WebAssembly.instantiate(readFileSync(file), { './schema_engine_bg.js': withoutIdleTimers(engine) });
    engine.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();
    return engine;
  })());
}

function readMigrations(directory: string): engine.MigrationList {
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  return {
    baseDir: directory,
    lockfile: { path: LOCKFILE, content: readFileSync(path.join(directory, LOCKFILE), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: { path: MIGRATION, content: { tag: 'ok', value: readFileSync(path.join(directory, name, MIGRATION), 'utf8') } },
    })),
  };
}

/** What the engine says, and what to say of it or instead. */
const REMEDIES: [RegExp, (said: string) => string][] = [
  [/^Database .* does not exist$/, (said) => `${said}; create it first`],
  // It advises to baseline, which is for tables of ours that lost their list of migrations.
  [
    /^The database schema is not empty/,
    () => 'there are other tables in it; give SyncKairos a database of its own, or a schema by ?schema=synckairos',
  ],
  [/^Error opening a TLS connection: .*certificate/, (said) => `${said}; NODE_EXTRA_CA_CERTS or ?sslrootcert= names the authority's file`],
];

/** One line with the database's address, without its password. */
function explain(error: unknown, databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  const said = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
  for (const [pattern, mend] of REMEDIES) if (pattern.test(said)) return `${host}${pathname}: ${mend(said)}`;
  return `${host}${pathname}: ${said}`;
}
