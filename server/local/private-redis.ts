import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { claimDirectory, StartError } from './claim.ts';
import { freePort } from './free-port.ts';
import { type PrivateProcess, startPrivateProcess } from './private-process.ts';

const run = promisify(execFile);

const SERVERS = ['redis-server', 'valkey-server'];
const OLDEST_VERSION = 7;
const PING_DEADLINE_MS = 1_000;

export interface PrivateRedisOptions {
  /** Keeps the data over restarts. */
  directory: string;
  /** Default: a free one. */
  port?: number;
  /** Further settings of redis.conf; they override ours. */
  settings?: Record<string, string>;
  env?: Record<string, string>;
  /** For tests that put a proxy between a client and Redis. */
  withoutPassword?: boolean;
  progress?: (line: string) => void;
}

export interface PrivateRedis extends PrivateProcess {
  /** The URL, with the password. */
  url: string;
  port: number;
}

/**
 * Starts a private Redis (or Valkey) server on 127.0.0.1 and waits until it answers. Only its owner can read its
 * directory; connecting needs a random password, which is kept there.
 * @throws StartError that says what to do about it
 */
export async function startPrivateRedis({
  directory,
  port,
  settings,
  env,
  withoutPassword = false,
  progress = () => {},
}: PrivateRedisOptions): Promise<PrivateRedis> {
  const data = path.resolve(directory);
  const command = await findRedisServer();
  await claimDirectory('Redis', data, progress);
  await chmod(data, 0o700);
  const password = withoutPassword ? undefined : await passwordOf(data);
  const at = port ?? (await freePort());
  const lines: Record<string, string> = {
    port: String(at),
    bind: '127.0.0.1',
    dir: data,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // The append-only file has everything; snapshots beside it would only delay the shutdown.
    save: '',
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const server = await startPrivateProcess({
    name: 'Redis',
    directory: data,
    command,
    // In the arguments every user could read the password.
    args: [...(password === undefined ? [] : ['-']), ...Object.entries(lines).flatMap(([key, value]) => [`--${key}`, value])],
    ...(password === undefined ? {} : { input: `requirepass ${password}\n` }),
    env,
    stopSignal: 'SIGTERM',
    isReady: () => answersPing(at, password),
  });
  return { ...server, url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${at}`, port: at };
}

/**
 * The password of the Redis in a directory, created at its first start. Directories of earlier versions have none yet.
 */
async function passwordOf(directory: string): Promise<string> {
  const file = path.join(directory, 'password');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const password = randomBytes(24).toString('base64url');
  // The file appears complete or not at all, whenever the process ends.
  await writeFile(`${file}.new`, password, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return password;
}

/**
 * The Redis or Valkey server on PATH.
 * @throws StartError when there is none or when it is too old
 */
export async function findRedisServer(): Promise<string> {
  let tooOld: string | undefined;
  for (const command of SERVERS) {
    const version = await versionOf(command);
    if (version === undefined) continue;
    if (Number.parseInt(version, 10) >= OLDEST_VERSION) return command;
    tooOld ??= `${command} is version ${version}, but SyncKairos needs Redis ${OLDEST_VERSION} or newer, or Valkey`;
  }
  throw new StartError(
    `${tooOld ?? `neither ${SERVERS.join(' nor ')} is on the PATH`}; run ./setup, or set REDIS_URL to use a Redis that runs elsewhere.`,
  );
}

/** "Redis server v=7.0.15 sha=…" or "Valkey server v=8.0.1 sha=…" */
async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version']);
    return /\bv=(\d[\d.]*)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether Redis answers; false also while it loads its data (-LOADING). */
function answersPing(port: number, password: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const hello = password === undefined ? '' : `AUTH ${password}\r\n`;
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${hello}PING\r\n`));
    let answer = '';
    const finish = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setTimeout(PING_DEADLINE_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.on('data', (data) => {
      answer += data.toString();
      if (/^(\+OK\r\n)?\+PONG/.test(answer)) finish(true);
      else if (answer.includes('-')) finish(false);
    });
  });
}
