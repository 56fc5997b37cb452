import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { claimDirectory, StartError } from './claim.ts';
import { freePort } from './free-port.ts';
import { postgresBinaries, type PostgresBinaries, unprivilegedUser } from './postgres-binaries.ts';
import { plainEnvironment, type PrivateProcess, type PrivateProcessOptions, setprivUser, startPrivateProcess } from './private-process.ts';
import { commandLine } from './processes.ts';

const run = promisify(execFile);

const SUPERUSER = 'synckairos';
const DATABASE = 'synckairos';
/** SQLSTATE. */
const INVALID_PASSWORD = '28P01';
const ORPHANS_DEADLINE_MS = 5_000;
const ORPHANS_POLL_MS = 100;

export interface PrivatePostgresOptions {
  /** Keeps the data over restarts. */
  directory: string;
  /** Default: a free one. */
  port?: number;
  /** Further settings of postgresql.conf; they override ours. */
  settings?: Record<string, string>;
  env?: Record<string, string>;
  progress?: (line: string) => void;
}

export interface PrivatePostgres extends PrivateProcess {
  /** The URL of the database `synckairos`. */
  url: string;
  port: number;
  /** The URL of another database on this server. */
  urlOf(database: string): string;
  /** Creates a database, by default an empty one. */
  createDatabase(name: string, template?: string): Promise<void>;
}

type User = PrivateProcessOptions['user'];

/**
 * Starts a private PostgreSQL server on 127.0.0.1 and waits until it accepts connections. The first start in a
 * directory creates the cluster, which takes a second. A random password is kept beside the data, readable by us only:
 * without one, any user of this machine could run programs as the database's user.
 * @throws StartError that says what to do about it
 */
export async function startPrivatePostgres({
  directory,
  port,
  settings,
  env,
  progress = () => {},
}: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const home = path.resolve(directory);
  const data = path.join(home, 'data');
  const binaries = await postgresBinaries();
  await claimDirectory('PostgreSQL', home, progress);
  if (!(await exists(data))) {
    progress('creating the database cluster');
    await createCluster(home, data, binaries);
  }
  const password = await readFile(passwordFile(home), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? passwordError(home, 'is missing') : error;
  });
  await removeForeignLock(data);
  const at = port ?? (await freePort());
  const lines = { port: String(at), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const user = await unprivilegedUser(data, binaries);
  const server = await startDespiteOrphans({
    name: 'PostgreSQL',
    directory: home,
    command: binaries.postgres,
    args: ['-D', data, ...Object.entries(lines).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    env,
    // Fast shutdown: ends the sessions and shuts down cleanly. SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    ...(user === undefined ? {} : { user }),
    isReady: (pid) => saysReady(data, pid),
  });
  const urlOf = (database: string) => `postgresql://${SUPERUSER}:${password}@127.0.0.1:${at}/${database}`;
  const createDatabase = async (name: string, template = 'template0') => {
    await query(urlOf('postgres'), `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`);
  };
  try {
    const found = await query(urlOf('postgres'), 'SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found === 0) await createDatabase(DATABASE);
  } catch (error) {
    await server.stop();
    const { code } = error as pg.DatabaseError;
    throw code === INVALID_PASSWORD ? passwordError(home, 'is not the one that the database was made with') : error;
  }
  return { ...server, url: urlOf(DATABASE), port: at, urlOf, createDatabase };
}

/**
 * Builds the cluster under another name first, so that an interrupted first start leaves nothing that looks complete.
 */
async function createCluster(home: string, data: string, binaries: PostgresBinaries): Promise<void> {
  const unfinished = `${data}.unfinished`;
  const passwordCopy = path.join(unfinished, 'password');
  await rm(unfinished, { recursive: true, force: true });
  const cluster = path.join(unfinished, 'data');
  await mkdir(cluster, { recursive: true });
  const user = await unprivilegedUser(cluster, binaries);
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile(home), password, { mode: 0o600 });
  await writeFile(passwordCopy, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) await Promise.all([cluster, passwordCopy].map((file) => chown(file, user.uid, user.gid)));
  const options = ['-D', cluster, '-U', SUPERUSER, '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', `--pwfile=${passwordCopy}`];
  const [command, args] = initdbCommand(binaries.initdb, options, user);
  try {
    await run(command, args, { cwd: home, env: plainEnvironment() });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new StartError(`the database cluster could not be created:\n${stderr ?? String(error)}`, { cause: error });
  }
  await rename(cluster, data);
  await rm(unfinished, { recursive: true });
}

function initdbCommand(initdb: string, options: string[], user: User): [string, string[]] {
  return user === undefined ? [initdb, options] : ['setpriv', [...setprivUser(user), '--', initdb, ...options]];
}

/**
 * Removes a lock that belongs to another process. After a crash PostgreSQL removes its old lock by itself, unless some
 * other process has the pid in it by now; then it would refuse to start. claimDirectory has made sure that no server of
 * ours runs here, so a process of that pid that was not started on this directory can be ignored.
 */
async function removeForeignLock(data: string): Promise<void> {
  const lock = path.join(data, 'postmaster.pid');
  const pid = (await lockLines(data))?.[0];
  if (pid === undefined) return;
  const command = await commandLine(Number(pid));
  if (command !== undefined && !command.includes(data)) await rm(lock, { force: true });
}

/**
 * After a crash the old server's backends need a moment to end; until then a new server refuses to start beside their
 * shared memory.
 */
async function startDespiteOrphans(options: PrivateProcessOptions): Promise<PrivateProcess> {
  const deadline = performance.now() + ORPHANS_DEADLINE_MS;
  for (;;) {
    try {
      return await startPrivateProcess(options);
    } catch (error) {
      const isOrphan = error instanceof StartError && error.message.includes('shared memory block');
      if (!isOrphan || performance.now() > deadline) throw error;
      await wait(ORPHANS_POLL_MS);
    }
  }
}

/** The test that pg_ctl uses: the eighth line of the lock file of this very process. */
async function saysReady(data: string, pid: number): Promise<boolean> {
  const lines = await lockLines(data);
  return lines?.[0] === String(pid) && lines[7]?.trim() === 'ready';
}

async function lockLines(data: string): Promise<string[] | undefined> {
  return readFile(path.join(data, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => undefined,
  );
}

async function query(url: string, text: string, values: unknown[] = []): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

function passwordFile(home: string): string {
  return path.join(home, 'password');
}

function passwordError(home: string, what: string): StartError {
  return new StartError(`${passwordFile(home)} ${what}: put the file back, or delete ${home} to start with an empty trail`);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
