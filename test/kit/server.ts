import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type App, createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import type { RedisClient } from '../../server/store/connection.ts';
import { argumentsFor } from './programs.ts';
import { lookInto } from './redis.ts';
import type { Schema } from '../../server/domain/schema.ts';
import { freshPrefix, redisUrl } from './services.ts';
import { type ClientOptions, TestClient } from './socket-client.ts';

/** Environment variables of an instance. */
export type Settings = Record<string, string>;

/** Without limits and without a trail; tests of those set them. */
const DEFAULTS: Settings = {
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'silent',
  AUDIT_WORKER: 'none',
  SHUTDOWN_DRAIN_MS: '0',
  RATE_LIMIT_GENERAL: '0',
  RATE_LIMIT_SWITCH: '0',
  RATE_LIMIT_SOCKET: '0',
};

const START_DEADLINE_MS = 60_000;

/** An instance in a process of its own. */
export interface InstanceProcess {
  url: string;
  /** Sends SIGKILL, like a crash. Resolves when the process has ended. */
  kill(): Promise<void>;
  /** Sends SIGTERM. Resolves with the exit code, null when a signal ended it. */
  stop(): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  pid: number;
  /** Resolves with the exit code, null when a signal ended it. */
  ended: Promise<number | null>;
}

/**
 * Starts an instance in this process. `settings` must name REDIS_URL; with a `schema` it is an instance of another
 * version.
 */
export async function startInstance(settings: Settings, schema?: Schema): Promise<App> {
  return createApp(loadConfig({ ...DEFAULTS, ...settings }), schema);
}

/** Starts an instance by the production entry. `settings` must name REDIS_URL. */
export async function startInstanceProcess(settings: Settings): Promise<InstanceProcess> {
  const child = spawn(process.execPath, await argumentsFor('main'), {
    // The line with the address has the level `info`.
    env: { PATH: process.env['PATH'] ?? '', ...DEFAULTS, ...settings, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  try {
    const url = await addressOf(child);
    return {
      url,
      ended,
      pid: child.pid ?? 0,
      signal: (signal) => void child.kill(signal),
      kill: () => end('SIGKILL').then(() => undefined),
      stop: () => end('SIGTERM'),
    };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

/**
 * Reads the log until the instance says where it listens; goes on reading afterwards, so that a full pipe never blocks
 * the instance.
 */
async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  return new Promise<string>((resolve, reject) => {
    const fail = () => reject(new Error(`the instance did not start:\n${said.slice(-20).join('\n')}`));
    const timer = setTimeout(fail, START_DEADLINE_MS);
    const read = (line: string) => {
      said.push(line);
      const url = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (url === undefined || !line.includes('listening')) return;
      clearTimeout(timer);
      resolve(url);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface(stream).on('line', read);
    child.once('close', () => {
      clearTimeout(timer);
      fail();
    });
  });
}

/** Instances over one Redis under one key prefix, with their clients. */
export class Cluster {
  readonly settings: Settings & { REDIS_URL: string; KEY_PREFIX: string };
  readonly #closers: (() => Promise<unknown>)[] = [];
  #redis: RedisClient | undefined;

  constructor(settings: Cluster['settings']) {
    this.settings = settings;
  }

  /** An instance in this process. */
  async instance(settings: Settings = {}, schema?: Schema): Promise<App> {
    const app = await startInstance({ ...this.settings, ...settings }, schema);
    this.#closers.push(() => app.close());
    return app;
  }

  /** An instance in a process of its own. */
  async process(settings: Settings = {}): Promise<InstanceProcess> {
    const instance = await startInstanceProcess({ ...this.settings, ...settings });
    this.#closers.push(() => instance.stop());
    return instance;
  }

  /** A connected client of an instance. */
  async client(instance: { url: string }, options?: ClientOptions): Promise<TestClient> {
    const client = await TestClient.connect(instance.url, options);
    this.#closers.push(async () => client.close());
    return client;
  }

  /** A connection to read or corrupt what is in Redis. */
  redis(): RedisClient {
    if (this.#redis === undefined) {
      const redis = lookInto(this.settings.REDIS_URL);
      this.#redis = redis;
      this.#closers.push(async () => redis.disconnect());
    }
    return this.#redis;
  }

  /** Closes what was opened, last opened first. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
    this.#redis = undefined;
  }
}

/** A cluster on the Redis of this run, unless `settings` names another, under a prefix nobody else uses. */
export async function openCluster(settings: Settings = {}): Promise<Cluster> {
  return new Cluster({ KEY_PREFIX: freshPrefix(), ...settings, REDIS_URL: settings['REDIS_URL'] ?? (await redisUrl()) });
}
