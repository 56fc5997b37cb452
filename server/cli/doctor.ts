/** `synckairos doctor`: looks at what a server needs, and says what is wrong and what to do. */
import { readFile } from 'node:fs/promises';
import { SyncKairosClient } from '#client';
import { pendingMigrations } from '../audit/migrate.ts';
import { causeOf } from '../audit/database-errors.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { createLogger } from '../observability/logger.ts';
import { SERVER_VERSION } from '../package-root.ts';
import { connectRedis, whenReady } from '../store/connection.ts';
import { evictingPolicies } from '../store/eviction.ts';
import { createKeys } from '../store/keys.ts';
import { timeAt } from '../store/time.ts';

/** The oldest Redis that has sharded channels, which carry the updates. */
const OLDEST_REDIS = 7;
/** A socket takes a file descriptor; a busy instance has thousands. */
const FILES_MIN = 4_096;
/** How far the clock of this machine may be off before it is worth a word, ms. Nothing depends on it but log lines. */
const OFFSET_MAX_MS = 1_000;

export interface Finding {
  about: 'version' | 'settings' | 'limits' | 'redis' | 'database' | 'server';
  ok: boolean;
  text: string;
}

export interface DoctorOptions {
  env: Record<string, string | undefined>;
  /** The address of a running server. */
  url: string;
  token: string | undefined;
  json: boolean;
  say: (line: string) => void;
}

/** Prints what it finds as soon as it knows. Returns whether nothing is wrong. */
export async function doctor({ env, url, token, json, say }: DoctorOptions): Promise<boolean> {
  let allOk = true;
  const tell = (finding: Finding): void => {
    allOk &&= finding.ok;
    say(json ? JSON.stringify(finding) : `${finding.ok ? '✓' : '!'} ${finding.about}: ${finding.text}`);
  };
  tell({ about: 'version', ok: true, text: `SyncKairos ${SERVER_VERSION}, Node ${process.versions.node}` });
  tell(await limits());
  const config = settings(env, tell);
  if (config !== null) {
    tell(await redis(config));
    tell(await database(config));
  }
  tell(await server(url, token));
  return allOk;
}

function settings(env: DoctorOptions['env'], tell: (finding: Finding) => void): Config | null {
  try {
    const config = loadConfig(env);
    tell({ about: 'settings', ok: true, text: 'every variable can be used' });
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    tell({ about: 'settings', ok: false, text: error.message });
    return null;
  }
}

/** Linux tells the limits of this process. */
async function limits(): Promise<Finding> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const files = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  if (files === undefined) return { about: 'limits', ok: true, text: 'this system does not tell the limit of open files' };
  if (Number(files) >= FILES_MIN) return { about: 'limits', ok: true, text: `${files} open files` };
  return { about: 'limits', ok: false, text: `only ${files} open files: each connection needs one; raise it by ulimit -n or LimitNOFILE=` };
}

async function redis({ REDIS_URL, KEY_PREFIX }: Config): Promise<Finding> {
  const connection = connectRedis(REDIS_URL, 'commands', 'doctor', createLogger('silent', 'doctor'));
  const wrong = (text: string): Finding => ({ about: 'redis', ok: false, text });
  try {
    await whenReady(connection);
    const info = await connection.info();
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
    if (Number.parseInt(version) < OLDEST_REDIS)
      return wrong(`version ${version} is too old: SyncKairos needs Redis ${OLDEST_REDIS} or newer, or Valkey`);
    const [policy] = evictingPolicies(info);
    if (policy !== undefined) return wrong(`maxmemory-policy ${policy} may evict running sessions: set maxmemory-policy noeviction`);
    const key = createKeys(KEY_PREFIX).clock;
    const clock = await measure(() => timeAt(connection, key));
    return { about: 'redis', ok: true, text: `version ${version}, ${clock.text}` };
  } catch (error) {
    return wrong(messageOf(error));
  } finally {
    connection.disconnect();
  }
}

async function database({ DATABASE_URL }: Config): Promise<Finding> {
  if (DATABASE_URL === undefined) return { about: 'database', ok: true, text: 'none: DATABASE_URL is not set, so there is no trail' };
  try {
    const pending = await pendingMigrations(DATABASE_URL);
    if (pending.length === 0) return { about: 'database', ok: true, text: 'up to date' };
    return { about: 'database', ok: false, text: `${pending.length} migrations are missing: run synckairos migrate` };
  } catch (error) {
    return { about: 'database', ok: false, text: `DATABASE_URL: ${causeOf(error)}` };
  }
}

async function server(url: string, token: string | undefined): Promise<Finding> {
  const client = new SyncKairosClient(url, { transport: 'rest', ...(token === undefined ? {} : { token }) });
  try {
    const { offset, bound, rtt } = await client.syncServerTime();
    const text = `${url} answers in ${rtt.toFixed(1)} ms; its clock is ${offset.toFixed(1)} ± ${bound.toFixed(1)} ms ahead of this machine's`;
    return {
      about: 'server',
      ok: true,
      text: text + (Math.abs(offset) > OFFSET_MAX_MS ? '; set the clock of this machine, for the sake of its logs' : ''),
    };
  } catch (error) {
    return { about: 'server', ok: false, text: `${messageOf(error)}; start one, or set SYNCKAIROS_URL` };
  } finally {
    client.disconnect();
  }
}

/** How far a clock is ahead of this machine's, with the bound that half a round trip gives. */
async function measure(read: () => Promise<number>): Promise<{ text: string }> {
  await read();
  const [asked, began] = [Date.now(), performance.now()];
  const told = await read();
  const rtt = performance.now() - began;
  return {
    text: `round trip ${rtt.toFixed(1)} ms, clock ${(told - asked - rtt / 2).toFixed(1)} ± ${(rtt / 2 + 1).toFixed(1)} ms ahead of this machine's`,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
