import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { applyMigrations, MigrationError } from '../../server/audit/migrate.ts';
import { databaseServer } from '../kit/services.ts';
import { query, until } from './kit.ts';

const run = promisify(execFile);
const MIGRATIONS = path.resolve(import.meta.dirname, '../../prisma/migrations');
const ALL = readdirSync(MIGRATIONS).filter((name) => !name.includes('.'));
/** What Prisma's engine records of the first one. */
const INIT = { checksum: '246a697c05b9c2ad6cabf994dad16eb817f6925629303919cb76b5edbafd5828' };
const PRISMAS_TABLE = `CREATE TABLE _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

async function emptyDatabase(): Promise<string> {
  const server = await databaseServer();
  const name = `empty_${Math.random().toString(36).slice(2)}`;
  await server.createDatabase(name);
  return server.urlOf(name);
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(MigrationError);
  return (error as Error).message;
}

describe('migrations', () => {
  it('A-130 migrations are applied to an empty database once, and recorded as Prisma records them', async () => {
    const url = await emptyDatabase();
    expect(await applyMigrations(url)).to.deep.equal(ALL);
    expect(await applyMigrations(url)).to.deep.equal([]);
    const recorded = await query<{ migration_name: string; applied_steps_count: number; finished: boolean }>(
      url,
      'SELECT migration_name, applied_steps_count, finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY started_at',
    );
    expect(recorded).to.deep.equal(ALL.map((migration_name) => ({ migration_name, applied_steps_count: 1, finished: true })));
  });

  it('A-130 migrations are applied once when several instances start at the same time', async () => {
    const url = await emptyDatabase();
    const applied = await Promise.all([applyMigrations(url), applyMigrations(url), applyMigrations(url)]);
    expect(applied.flat()).to.deep.equal(ALL);
  });

  it('A-130 migrations leave Prisma’s table and its checksums, so that `prisma migrate` finds nothing to do', async () => {
    const url = await emptyDatabase();
    await applyMigrations(url);
    const columns = await query<{ column: string }>(
      url,
      `SELECT concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable, column_default) AS column
         FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
    );
    // As Prisma 7.10 leaves them.
    expect(columns.map(({ column }) => column)).to.deep.equal([
      'id character varying 36 NO',
      'checksum character varying 64 NO',
      'finished_at timestamp with time zone YES',
      'migration_name character varying 255 NO',
      'logs text YES',
      'rolled_back_at timestamp with time zone YES',
      'started_at timestamp with time zone NO now()',
      'applied_steps_count integer NO 0',
    ]);
    const [first] = await query(url, 'SELECT checksum, logs, rolled_back_at FROM _prisma_migrations ORDER BY started_at LIMIT 1');
    expect(first).to.deep.equal({ ...INIT, logs: null, rolled_back_at: null });
  });

  it('A-131 migrations continue where Prisma has migrated a database up to some point', async () => {
    const url = await emptyDatabase();
    const [init = '', ...later] = ALL;
    await query(url, await readFile(path.join(MIGRATIONS, init, 'migration.sql'), 'utf8'));
    await query(url, PRISMAS_TABLE);
    await query(
      url,
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ('025cbb94-859b-46de-9e80-7c8a7c42bd29', '${INIT.checksum}', '${init}', now(), 1)`,
    );
    expect(await applyMigrations(url)).to.deep.equal(later);
  });

  it('A-131 migrations wait for the lock that `prisma migrate` holds', async () => {
    const url = await emptyDatabase();
    const prisma = new pg.Client(url);
    await prisma.connect();
    try {
      await prisma.query('SELECT pg_advisory_lock(72707369)');
      const applying = applyMigrations(url);
      const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
      await until('it waits', async () => (await query(url, waiting)).length === 1);
      expect(await query(url, `SELECT to_regclass('_prisma_migrations') AS made`)).to.deep.equal([{ made: null }]);
      await prisma.query('SELECT pg_advisory_unlock(72707369)');
      expect(await applying).to.deep.equal(ALL);
    } finally {
      await prisma.end();
    }
  });

  it('A-132 migrations go to the schema that ?schema= of the URL names, and to no other one', async () => {
    const url = await emptyDatabase();
    for (const schema of ['one', 'The other'])
      expect(await applyMigrations(`${url}?schema=${encodeURIComponent(schema)}`)).to.deep.equal(ALL);
    const tables = await query(url, `SELECT table_schema FROM information_schema.tables WHERE table_name = 'sync_events' ORDER BY 1`);
    expect(tables).to.have.deep.members([{ table_schema: 'one' }, { table_schema: 'The other' }]);
  });

  it('A-136 a migration that can’t connect says in one line what is wrong, without the password', async () => {
    const server = await databaseServer();
    const missing = await refusalOf(applyMigrations(server.urlOf('nowhere')));
    expect(missing).to.match(/^127\.0\.0\.1:\d+\/nowhere: database "nowhere" does not exist; create it first$/);
    expect(await refusalOf(applyMigrations('postgresql://user:geheim@127.0.0.1:1/x')))
      .to.match(/^127\.0\.0\.1:1\/x: connect ECONNREFUSED [^\n]*$/)
      .and.not.include('geheim');
  });

  it('A-133 migrations stop at one that Prisma began and did not finish, until an operator has resolved it', async () => {
    const url = await emptyDatabase();
    await query(url, PRISMAS_TABLE);
    await query(url, `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', '', '20260101000000_broken')`);
    expect(await refusalOf(applyMigrations(url))).to.match(
      /: migration 20260101000000_broken failed before; repair what it left, then say so by `prisma migrate resolve`$/,
    );
    await query(url, 'UPDATE _prisma_migrations SET rolled_back_at = now()');
    expect(await applyMigrations(url)).to.deep.equal(ALL);
  });

  describe('of a folder', () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(path.join(tmpdir(), 'synckairos-migrations-'));
    });
    afterEach(() => rm(directory, { recursive: true }));
    const add = async (name: string, sql: string) => {
      await mkdir(path.join(directory, name));
      await writeFile(path.join(directory, name, 'migration.sql'), sql);
    };

    it('A-134 migrations of which one fails leave the database unchanged, and name that one', async () => {
      const url = await emptyDatabase();
      await add('20260101000000_right', 'CREATE TABLE whole (x int); INSERT INTO whole VALUES (1)');
      await add('20260102000000_broken', 'CREATE TABLE half (x int); CREATE TABLE broken (x nonsense);');
      expect(await refusalOf(applyMigrations(url, { directory }))).to.match(
        /: migration 20260102000000_broken: type "nonsense" does not exist$/,
      );
      const tables = await query(url, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`);
      expect(tables).to.deep.equal([]);
      await writeFile(path.join(directory, '20260102000000_broken', 'migration.sql'), 'CREATE TABLE mended (x int)');
      expect(await applyMigrations(url, { directory })).to.deep.equal(['20260101000000_right', '20260102000000_broken']);
    });

    it('A-134 a migration may take longer than the statement_timeout of the role', async () => {
      const url = await emptyDatabase();
      await query(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET statement_timeout = '200ms'`);
      await add('20260101000000_slow', 'SELECT pg_sleep(0.4)');
      expect(await applyMigrations(url, { directory })).to.deep.equal(['20260101000000_slow']);
    });
  });

  it('A-125 a database that holds tables of another program is refused, and the message says to use a database or a schema of its own', async () => {
    const url = await emptyDatabase();
    await query(url, 'CREATE TABLE orders (id int)');
    expect(await refusalOf(applyMigrations(url))).to.match(
      /^127\.0\.0\.1:\d+\/empty_\w+: there are other tables in it; give SyncKairos a database of its own, or a schema by \?schema=synckairos$/,
    );
    expect(await query(url, 'SELECT 1 FROM orders')).to.deep.equal([]);
    expect(await applyMigrations(`${url}?schema=synckairos`)).to.deep.equal(ALL);
  });

  it('A-135 migrations make the tables of the contract, with JSON as it was given', async () => {
    const url = await emptyDatabase();
    await applyMigrations(url);
    const columns = await query<{ column: string }>(
      url,
      `SELECT table_name || '.' || column_name || ' ' || data_type AS column FROM information_schema.columns WHERE table_name IN ('sync_events', 'sync_sessions')`,
    );
    const names = columns.map(({ column }) => column);
    expect(names).to.include.members([
      'sync_events.state_snapshot json',
      'sync_events.metadata json',
      'sync_events.epoch bigint',
      'sync_sessions.session_id text',
    ]);
  });
});

describe('npm run migrate', () => {
  const cli = async (databaseUrl: string) => {
    const script = path.resolve(import.meta.dirname, '../../server/audit/migrate-cli.ts');
    const options = { env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl }, timeout: 50_000 };
    return run(process.execPath, ['--import', 'tsx', '--conditions=development', script], options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };

  it('A-136 npm run migrate prints what it applies and ends with 0', async () => {
    const url = await emptyDatabase();
    expect(await cli(url)).to.deep.include({ code: 0, stderr: '' });
    const again = await cli(url);
    expect(again.stdout).to.match(/^Applying migrations to 127\.0\.0\.1:\d+\/empty_\w+\nUp to date, nothing to apply\n$/);
  });

  it('A-136 npm run migrate ends with 1 after one line that names what is wrong', async () => {
    expect(await cli('')).to.deep.include({ code: 1, stderr: 'DATABASE_URL must be set\n' });
    expect(await cli('mysql://x')).to.deep.include({
      code: 1,
      stderr: 'DATABASE_URL must be a URL that begins with postgresql:// or postgres://\n',
    });
    expect(await cli((await databaseServer()).urlOf('nowhere'))).to.deep.include({ code: 1 });
  });
});
