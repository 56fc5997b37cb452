import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { applyMigrations } from '../../server/audit/migrate.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../../server/local/private-postgres.ts';
import { startPrivateRedis } from '../../server/local/private-redis.ts';
import { startRedisCluster } from '../../test/kit/redis-cluster.ts';
import { stopServices } from '../../test/kit/services.ts';
import type { Programs } from './build.ts';
import { Program } from './program.ts';

/** The two that are compared. */
export type Side = 'service' | 'control';

const PARTITIONS = 16;
export const SERVICE_PREFIX = 'bench';
const CONTROL_PREFIX = 'control';
const INSTANCE = { NODE_ENV: 'production', LOG_LEVEL: 'warn', RATE_LIMIT_GENERAL: '0', RATE_LIMIT_SWITCH: '0', RATE_LIMIT_SOCKET: '0' };

/** What one row runs on: a Redis of its own and the processes on it. `close` ends all of them, last started first. */
export class Stage {
  /** The only server, or the first of the shards. */
  readonly redis: Redis;
  /** Every shard. */
  readonly shards: Redis[];
  readonly #redisUrl: string;
  readonly #directory: string;
  readonly #programs: Programs;
  readonly #closers: (() => Promise<unknown>)[];

  private constructor(directory: string, redisUrl: string, programs: Programs, closers: (() => Promise<unknown>)[]) {
    this.#directory = directory;
    this.#redisUrl = redisUrl;
    this.shards = redisUrl.split(',').map((url) => new Redis(url));
    this.redis = this.shards[0] as Redis;
    closers.push(async () => this.shards.forEach((shard) => shard.disconnect()));
    this.#programs = programs;
    this.#closers = closers;
  }

  /**
   * Starts a Redis as `npm start` has it. Its append-only file is not rewritten meanwhile, since a rewrite would slow
   * one side or the other by chance.
   */
  static async open(programs: Programs, shards: 1 | 3 = 1): Promise<Stage> {
    const directory = await mkdtemp(path.join(tmpdir(), 'synckairos-bench-'));
    const closers = [() => rm(directory, { recursive: true, force: true })];
    try {
      if (shards === 3) {
        closers.push(stopServices);
        return new Stage(directory, (await startRedisCluster(0)).url, programs, closers);
      }
      const server = await startPrivateRedis({ directory, settings: { 'auto-aof-rewrite-percentage': '0' } });
      closers.push(() => server.stop());
      return new Stage(directory, server.url, programs, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** An instance of SyncKairos, by its production entry. It writes the outbox, which nothing drains. */
  async service(variables: Record<string, string> = {}, ready = true): Promise<Program> {
    return this.#start(this.#programs.service, { ...INSTANCE, KEY_PREFIX: SERVICE_PREFIX, AUDIT_WORKER: 'off', ...variables }, ready);
  }

  /** A process of many clients. */
  async crowd(): Promise<Program> {
    return this.#start(this.#programs.crowd, {}, false);
  }

  /** A second stage, with a Redis of its own (or three, as a cluster); closed with this one. */
  async another(shards: 1 | 3 = 1): Promise<Stage> {
    const other = await Stage.open(this.#programs, shards);
    this.#closers.push(() => other.close());
    return other;
  }

  /** An instance that does not write the outbox either. */
  async serviceWithoutTrail(): Promise<Program> {
    return this.#start(this.#programs.service, { ...INSTANCE, KEY_PREFIX: CONTROL_PREFIX, AUDIT_WORKER: 'none' });
  }

  /** The audit worker of SyncKairos, by its production entry. It drains the outbox from its start. */
  async worker(databaseUrl: string): Promise<Program> {
    const env = { NODE_ENV: 'production', LOG_LEVEL: 'warn', KEY_PREFIX: SERVICE_PREFIX, DATABASE_URL: databaseUrl };
    return this.#start(this.#programs.worker, env, false);
  }

  async drainControl(databaseUrl: string): Promise<Program> {
    return this.#start(
      this.#programs.drainControl,
      { NODE_ENV: 'production', KEY_PREFIX: CONTROL_PREFIX, DATABASE_URL: databaseUrl },
      false,
    );
  }

  /** A PostgreSQL as `npm start` has it, with the tables of the trail, which also tells when a row was committed. */
  async postgres(): Promise<PrivatePostgres> {
    // PostgreSQL runs as another user where we are root.
    await chmod(this.#directory, 0o755);
    const directory = path.join(this.#directory, 'postgres');
    const server = await startPrivatePostgres({ directory, settings: { track_commit_timestamp: 'on' } });
    this.#closers.push(() => server.stop());
    await applyMigrations(server.url);
    return server;
  }

  /** Whether the other side is the service of another commit. */
  get isAgainstService(): boolean {
    return this.#programs.against !== undefined;
  }

  /** The other side of a row about switches: the control, or another commit's service. */
  async switchControl(): Promise<Program> {
    const { against } = this.#programs;
    if (against !== undefined) {
      const env = { ...INSTANCE, KEY_PREFIX: CONTROL_PREFIX, AUDIT_WORKER: 'off' };
      return this.#start(against.service, env, true, against.flags);
    }
    return this.#start(this.#programs.switchControl, { NODE_ENV: 'production', KEY_PREFIX: CONTROL_PREFIX });
  }

  async timerControl(): Promise<Program> {
    return this.#start(this.#programs.timerControl, { NODE_ENV: 'production' });
  }

  /** Registers something for `close`, which does it before it closes what was opened earlier. */
  onClose(closer: () => Promise<unknown>): void {
    this.#closers.push(closer);
  }

  /** The queue of one side, as BullMQ names its keys. */
  queueKey(side: Side, part: string): string {
    return `{${side === 'service' ? SERVICE_PREFIX : CONTROL_PREFIX}}:audit:${part}`;
  }

  /** The streams of the outbox. */
  outboxes(prefix = SERVICE_PREFIX): string[] {
    return Array.from({ length: PARTITIONS }, (_, index) => `${prefix}:{${index}}:outbox`);
  }

  /** Empties the outbox, as a relay would, so that figures do not depend on how long a row has been running. */
  async trimOutboxes(side: Side = 'service'): Promise<void> {
    const prefix = side === 'service' ? SERVICE_PREFIX : CONTROL_PREFIX;
    await Promise.all(this.outboxes(prefix).map((stream) => this.redis.xtrim(stream, 'MAXLEN', 0)));
  }

  /** What Redis has used so far, all shards together, microseconds of CPU. */
  async redisCpuUs(): Promise<number> {
    const infos = await Promise.all(this.shards.map((shard) => shard.info('cpu')));
    const seconds = infos.flatMap((info) => [...info.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].map(([, value]) => Number(value)));
    return seconds.reduce((sum, each) => sum + each, 0) * 1e6;
  }

  /** How often Redis has run each command so far, those that scripts call included, all shards together. */
  async redisCalls(): Promise<Map<string, number>> {
    const infos = await Promise.all(this.shards.map((shard) => shard.info('commandstats')));
    const calls = new Map<string, number>();
    for (const [, name = '', count] of infos.join('\n').matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
      calls.set(name, (calls.get(name) ?? 0) + Number(count));
    }
    return calls;
  }

  async close(): Promise<void> {
    await closeAll(this.#closers);
  }

  async #start(file: string, variables: Record<string, string>, ready = true, flags = this.#programs.flags): Promise<Program> {
    const env = { REDIS_URL: this.#redisUrl, ...variables };
    const began = (program: Program) => this.#closers.push(() => program.stop());
    const { probe } = this.#programs;
    return Program.start({ file, probe, flags, env, ready, began });
  }
}

async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close().catch((error: unknown) => console.error('bench: not closed:', error));
}
