import { execFile } from 'node:child_process';
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
  /** Further lines of redis.conf, which win over ours. */
  settings?: Record<string, string>;
  env?: Record<string, string>;
  progress?: (line: string) => void;
}

export interface PrivateRedis extends PrivateProcess {
  url: string;
  port: number;
}

/**
 * Starts a Redis (or Valkey) server of our own on 127.0.0.1 and waits until it answers.
 * It has no password: since Redis 7 a client can neither load modules nor change where files are written, so another user of this machine gains nothing but timers.
 * @throws StartError with what to do about it
 */
export async function startPrivateRedis({
  directory,
  port,
  settings,
  env,
  progress = () => {},
}: PrivateRedisOptions): Promise<PrivateRedis> {
  const data = path.resolve(directory);
  const command = await findRedisServer();
  await claimDirectory('Redis', data, progress);
  const at = port ?? (await freePort());
  const lines: Record<string, string> = {
    port: String(at),
    bind: '127.0.0.1',
    dir: data,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // The append-only file is the whole story; snapshots beside it would only delay the shutdown.
    save: '',
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const server = await startPrivateProcess({
    name: 'Redis',
    directory: data,
    command,
    args: Object.entries(lines).flatMap(([key, value]) => [`--${key}`, value]),
    env,
    stopSignal: 'SIGTERM',
    isReady: () => answersPing(at),
  });
  return { ...server, url: `redis://127.0.0.1:${at}`, port: at };
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

/** False also while Redis still loads its data (-LOADING). */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PING_DEADLINE_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
  });
}
