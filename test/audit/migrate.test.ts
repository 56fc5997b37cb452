import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { applyMigrations, MigrationError } from '../../server/audit/migrate.ts';
import { databaseServer } from '../kit/services.ts';
import { query } from './kit.ts';

const run = promisify(execFile);
const MIGRATIONS = path.resolve(import.meta.dirname, '../../prisma/migrations');
const ALL = readdirSync(MIGRATIONS).filter((name) => !name.includes('.'));

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
  it('apply to an empty database, record themselves as Prisma does, and apply once', async () => {
    const url = await emptyDatabase();
    expect(await applyMigrations(url)).to.deep.equal(ALL);
    expect(await applyMigrations(url)).to.deep.equal([]);
    const recorded = await query<{ migration_name: string; applied_steps_count: number; finished: boolean }>(
      url,
      'SELECT migration_name, applied_steps_count, finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY started_at',
    );
    expect(recorded).to.deep.equal(ALL.map((migration_name) => ({ migration_name, applied_steps_count: 1, finished: true })));
  });

  it('apply once when several instances start at the same time', async () => {
    const url = await emptyDatabase();
    const applied = await Promise.all([applyMigrations(url), applyMigrations(url), applyMigrations(url)]);
    expect(applied.flat()).to.deep.equal(ALL);
  });

  it('follow ?schema= of the URL, and keep two schemas of a database apart', async () => {
    const url = await emptyDatabase();
    for (const schema of ['one', 'The other'])
      expect(await applyMigrations(`${url}?schema=${encodeURIComponent(schema)}`)).to.deep.equal(ALL);
    const tables = await query(url, `SELECT table_schema FROM information_schema.tables WHERE table_name = 'sync_events' ORDER BY 1`);
    expect(tables).to.have.deep.members([{ table_schema: 'one' }, { table_schema: 'The other' }]);
  });

  it('say in one line what is wrong, without the password', async () => {
    const server = await databaseServer();
    const missing = await refusalOf(applyMigrations(server.urlOf('nowhere')));
    expect(missing).to.match(/^127\.0\.0\.1:\d+\/nowhere: Database `nowhere` does not exist; create it first$/);
    expect(await refusalOf(applyMigrations('postgresql://user:geheim@127.0.0.1:1/x')))
      .to.match(/^127\.0\.0\.1:1\/x: Can't reach [^\n]*$/)
      .and.not.include('geheim');
  });

  it('stop at one that failed before, until an operator has looked at it', async () => {
    const url = await emptyDatabase();
    const directory = await mkdtemp(path.join(tmpdir(), 'synckairos-migrations-'));
    try {
      await mkdir(path.join(directory, '20260101000000_broken'));
      await writeFile(path.join(directory, 'migration_lock.toml'), 'provider = "postgresql"\n');
      await writeFile(path.join(directory, '20260101000000_broken', 'migration.sql'), 'CREATE TABLE broken (x nonsense);');
      expect(await refusalOf(applyMigrations(url, { directory }))).to.include('nonsense');
      expect(await refusalOf(applyMigrations(url, { directory }))).to.include('20260101000000_broken');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('A-125 A database with tables of somebody else is refused with the remedy: a database or a schema of its own.', async () => {
    const url = await emptyDatabase();
    await query(url, 'CREATE TABLE orders (id int)');
    expect(await refusalOf(applyMigrations(url))).to.match(
      /^127\.0\.0\.1:\d+\/empty_\w+: there are other tables in it; give SyncKairos a database of its own, or a schema by \?schema=synckairos$/,
    );
    expect(await query(url, 'SELECT 1 FROM orders')).to.deep.equal([]);
    expect(await applyMigrations(`${url}?schema=synckairos`)).to.deep.equal(ALL);
  });

  it('make the tables of the contract, JSON as it was given', async () => {
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
    const options = { env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl }, timeout: 15_000 };
    return run(process.execPath, ['--import', 'tsx', '--conditions=development', script], options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };

  it('prints what it applies and ends with 0', async () => {
    const url = await emptyDatabase();
    expect(await cli(url)).to.deep.include({ code: 0, stderr: '' });
    const again = await cli(url);
    expect(again.stdout).to.match(/^Applying migrations to 127\.0\.0\.1:\d+\/empty_\w+\nUp to date, nothing to apply\n$/);
  });

  it('ends with 1 after one line that names what is wrong', async () => {
    expect(await cli('')).to.deep.include({ code: 1, stderr: 'DATABASE_URL must be set\n' });
    expect(await cli('mysql://x')).to.deep.include({
      code: 1,
      stderr: 'DATABASE_URL must be a URL that begins with postgresql:// or postgres://\n',
    });
    expect(await cli((await databaseServer()).urlOf('nowhere'))).to.deep.include({ code: 1 });
  });
});
