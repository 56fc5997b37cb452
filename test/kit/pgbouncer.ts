import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../server/local/free-port.ts';
import { freshDirectory } from './services.ts';
import { until } from './until.ts';

const UNPACKED = path.resolve(import.meta.dirname, '../../.data/pgbouncer/usr');

/** The installed PgBouncer, or the one that ./setup has unpacked, with its libraries. */
function find(): { command: string; env: NodeJS.ProcessEnv } | undefined {
  const libraries = [path.join(UNPACKED, 'lib'), ...foldersIn(path.join(UNPACKED, 'lib'))].join(':');
  const ways = [
    { command: 'pgbouncer', env: process.env },
    { command: path.join(UNPACKED, 'sbin/pgbouncer'), env: { ...process.env, LD_LIBRARY_PATH: libraries } },
  ];
  return ways.find(({ command, env }) => spawnSync(command, ['--version'], { env }).status === 0);
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

const found = find();
export const hasPgBouncer: boolean = found !== undefined;

export interface PgBouncerOptions {
  mode: 'transaction' | 'session';
  /**
   * Parameters of a connection's start-up that it ignores; it refuses a connection with any other unknown parameter.
   */
  ignore?: string[];
}

export interface PgBouncer {
  url: string;
  close(): Promise<void>;
}

/** A PgBouncer in front of a PostgreSQL. */
export async function startPgBouncer(databaseUrl: string, { mode, ignore = [] }: PgBouncerOptions): Promise<PgBouncer> {
  const directory = await freshDirectory('pgbouncer');
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  const { username, password, port: to, pathname } = new URL(databaseUrl);
  const port = await freePort();
  const users = path.join(directory, 'users.txt');
  await writeFile(users, `"${username}" "${password}"\n`);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: users,
    pool_mode: mode,
    ...(ignore.length === 0 ? {} : { ignore_startup_parameters: ignore.join(',') }),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const file = path.join(directory, 'pgbouncer.ini');
  await writeFile(file, `[databases]\n* = host=127.0.0.1 port=${to}\n[pgbouncer]\n${lines.join('\n')}\n`);
  const { command = 'pgbouncer', env } = found ?? {};
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const bouncer = spawn(command, [...user, file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  bouncer.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = once(bouncer, 'exit');
  await until(`PgBouncer listens:\n${said}`, async () => {
    if (bouncer.exitCode !== null) throw new Error(`PgBouncer ended:\n${said}`);
    return said.includes('process up');
  });
  return {
    url: `postgresql://${username}:${password}@127.0.0.1:${port}${pathname}`,
    async close() {
      // This stops it without waiting for clients.
      bouncer.kill('SIGTERM');
      await exited;
    },
  };
}
