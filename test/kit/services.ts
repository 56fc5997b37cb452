import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type PrivatePostgres, startPrivatePostgres } from '../../server/local/private-postgres.ts';
import { type PrivateRedis, type PrivateRedisOptions, startPrivateRedis } from '../../server/local/private-redis.ts';

const run = promisify(execFile);

const TEMPLATE = 'migrated_template';
// What a test writes must survive a crash of the server, but not a power cut.
const FAST_POSTGRES = { fsync: 'off', full_page_writes: 'off', shared_buffers: '32MB', max_connections: '200' };

const cleanUps: (() => Promise<void>)[] = [];

/** Registers something to stop at the end of the run, before what was started earlier. */
export function onStop(cleanUp: () => Promise<void>): void {
  cleanUps.push(cleanUp);
}

/** Calls `start` at the first use only; later uses get the same result. */
function lazily<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}

const folder = lazily(async () => {
  const made = await mkdtemp(path.join(tmpdir(), 'synckairos-test-'));
  cleanUps.push(() => rm(made, { recursive: true, force: true }));
  // When root runs the tests, PostgreSQL runs as another user, who must be able to reach its data.
  await chmod(made, 0o755);
  return made;
});

/** A directory of its own for a test; removed at the end of the run. */
export async function freshDirectory(name = 'test'): Promise<string> {
  return path.join(await folder(), `${name}-${randomBytes(4).toString('hex')}`);
}

const sharedRedis = lazily(async (): Promise<{ url: string }> => {
  switch (process.env['TEST_REDIS']) {
    case 'cluster':
      return (await import('./redis-cluster.ts')).startRedisCluster();
    case 'sentinel':
      return (await import('./redis-sentinel.ts')).startRedisSentinel();
    default:
      return startOwnRedis();
  }
});

/**
 * The Redis of this run, shared by all tests: use a prefix of your own (`freshPrefix`), and don't stop it. One server,
 * unless TEST_REDIS asks for a `cluster` or for a master with replicas behind Sentinels (`sentinel`).
 */
export async function redisUrl(): Promise<string> {
  return (await sharedRedis()).url;
}

/**
 * One Redis server without replicas, whatever TEST_REDIS says, shared by all tests: for tests that put something
 * between it and an instance.
 */
export const oneRedisUrl: () => Promise<string> = lazily(async () =>
  process.env['TEST_REDIS'] ? (await startOwnRedis()).url : redisUrl(),
);

/**
 * The PostgreSQL server of this run, shared by all tests: use a database of your own (`freshDatabase`), and don't stop
 * it.
 */
export const databaseServer: () => Promise<PrivatePostgres> = lazily(() => startOwnPostgres());

const migratedTemplate = lazily(async () => {
  const server = await databaseServer();
  await server.createDatabase(TEMPLATE);
  await migrate(server.urlOf(TEMPLATE));
});

/** The address of a new database with all migrations applied, on the shared server. */
export async function freshDatabase(): Promise<string> {
  const server = await databaseServer();
  await migratedTemplate();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await server.createDatabase(name, TEMPLATE);
  return server.urlOf(name);
}

/** Applies the migrations by the command that operators use. */
export async function migrate(databaseUrl: string, env: Record<string, string> = {}): Promise<void> {
  const script = path.resolve(import.meta.dirname, '../../server/audit/migrate-cli.ts');
  await run(process.execPath, ['--import', 'tsx', '--conditions=development', script], {
    env: { ...process.env, ...env, DATABASE_URL: databaseUrl },
  });
}

/** A key prefix that nobody else uses. */
export function freshPrefix(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

/**
 * A Redis for one test, which may kill, stop and restart it (same `directory` and `port`). Whatever still runs ends
 * with the run. It has no password, since tests put proxies before it, make clusters of it and give it users of their
 * own.
 */
export async function startOwnRedis(options: Partial<PrivateRedisOptions> = {}): Promise<PrivateRedis> {
  const server = await startPrivateRedis({
    withoutPassword: true,
    ...options,
    directory: options.directory ?? (await freshDirectory('redis')),
  });
  cleanUps.push(() => server.stop());
  return server;
}

/**
 * A PostgreSQL for one test, which may kill, stop and restart it (same `directory` and `port`). Whatever still runs
 * ends with the run.
 */
export async function startOwnPostgres(
  options: { directory?: string; port?: number; settings?: Record<string, string>; env?: Record<string, string> } = {},
): Promise<PrivatePostgres> {
  const directory = options.directory ?? (await freshDirectory('postgres'));
  const server = await startPrivatePostgres({ ...options, directory, settings: { ...FAST_POSTGRES, ...options.settings } });
  cleanUps.push(() => server.stop());
  return server;
}

/** Stops and removes everything of this file, last started first. */
export async function stopServices(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
}
