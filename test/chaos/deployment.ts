import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../../server/local/free-port.ts';
import type { PrivatePostgres } from '../../server/local/private-postgres.ts';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { query } from '../audit/kit.ts';
import { type LoadBalancer, openLoadBalancer } from '../kit/load-balancer.ts';
import { argumentsFor } from '../kit/programs.ts';
import { type InstanceProcess, startInstanceProcess } from '../kit/server.ts';
import { freshDirectory, migrate, startOwnPostgres, startOwnRedis } from '../kit/services.ts';
import { type ShiftedClock, shiftedClock } from '../kit/shifted-clock.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';

// What the server says is stored must survive its death.
const POSTGRES = { synchronous_commit: 'on' };

export const TARGETS = ['instance', 'redis', 'worker', 'postgres'] as const;
export type Target = (typeof TARGETS)[number];

/** The links of one process, by what is at the other end. */
interface Links {
  redis: TcpProxy;
  postgres: TcpProxy;
}

/**
 * Two instances behind a load balancer, a worker, a Redis and a PostgreSQL, each a process, with a proxy on each way
 * between two of them.
 */
export class Deployment {
  readonly #closers: (() => Promise<unknown>)[] = [];
  #redis!: PrivateRedis;
  #postgres!: PrivatePostgres;
  #worker!: ChildProcess;
  readonly #instances: InstanceProcess[] = [];
  readonly #ports: number[] = [];
  readonly #fronts: TcpProxy[] = [];
  readonly #links: Links[] = [];
  readonly #directories = { redis: '', postgres: '' };
  balancer!: LoadBalancer;
  /** A connection that no fault touches. */
  store!: Redis;
  clocks: Record<Target, ShiftedClock | undefined> = { instance: undefined, redis: undefined, worker: undefined, postgres: undefined };

  static async open(): Promise<Deployment> {
    const deployment = new Deployment();
    try {
      await deployment.#start();
    } catch (error) {
      await deployment.close();
      throw error;
    }
    return deployment;
  }

  async #start(): Promise<void> {
    for (const target of TARGETS) this.clocks[target] = await shiftedClock();
    this.#directories.redis = await freshDirectory('redis');
    this.#directories.postgres = await freshDirectory('postgres');
    await this.#startRedis();
    await this.#startPostgres();
    this.#closers.push(
      () => this.#postgres.stop(),
      () => this.#redis.stop(),
    );
    await migrate(this.databaseUrl);
    this.store = new Redis(this.#redis.url, { maxRetriesPerRequest: null }).on('error', () => {});
    this.#closers.push(async () => this.store.disconnect());
    for (let index = 0; index < 3; index++) {
      const links = { redis: await openTcpProxy(this.#redis.port), postgres: await openTcpProxy(this.#postgres.port) };
      this.#links.push(links);
      this.#closers.push(
        () => links.redis.close(),
        () => links.postgres.close(),
      );
    }
    await Promise.all([0, 1].map((index) => this.#openInstance(index)));
    await this.#startWorker();
    this.#closers.push(() => this.#endWorker('SIGTERM'));
    this.balancer = await openLoadBalancer(this.#fronts.map(({ port }) => port));
    this.#closers.push(() => this.balancer.close());
  }

  get databaseUrl(): string {
    return this.#postgres.url;
  }

  /** Every way to and from a target; of the instances the first. */
  waysOf(target: Target): TcpProxy[] {
    const [first, second, worker] = this.#links as [Links, Links, Links];
    if (target === 'instance') return [this.#fronts[0] as TcpProxy, first.redis, first.postgres];
    if (target === 'worker') return [worker.redis, worker.postgres];
    return [first[target], second[target], worker[target]];
  }

  /** The processes of a target; PostgreSQL has one for each connection. */
  async pidsOf(target: Target): Promise<number[]> {
    if (target === 'instance') return [(this.#instances[0] as InstanceProcess).pid];
    if (target === 'worker') return [this.#worker.pid ?? 0];
    if (target === 'redis') return [this.#redis.pid];
    const backends = await query<{ pid: number }>(this.databaseUrl, 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
    return [this.#postgres.pid, ...backends.map(({ pid }) => pid)];
  }

  /** What a target takes the time to be, Unix ms; undefined for the worker, which tells nobody. */
  async wallClockOf(target: Target): Promise<number | undefined> {
    if (target === 'redis') return Number((await this.store.time())[0]) * 1000;
    if (target === 'postgres') {
      const [row] = await query<{ ms: number }>(this.databaseUrl, 'SELECT (extract(epoch FROM now()) * 1000)::float8 AS ms');
      return row?.ms;
    }
    if (target === 'worker') return undefined;
    const metrics = await (await fetch(`http://127.0.0.1:${this.#ports[0]}/metrics`)).text();
    // Redis' clock, here the right one, less the instance's.
    return Date.now() - Number(/^synckairos_clock_offset_ms (\S+)/m.exec(metrics)?.[1]);
  }

  async kill(target: Target): Promise<void> {
    if (target === 'instance') await this.#instances[0]?.kill();
    if (target === 'worker') await this.#endWorker('SIGKILL');
    if (target === 'redis') await this.#redis.kill();
    if (target === 'postgres') await this.#postgres.kill();
  }

  async restart(target: Target): Promise<void> {
    if (target === 'instance') await this.#startInstance(0);
    if (target === 'worker') await this.#startWorker();
    if (target === 'redis') await this.#startRedis();
    if (target === 'postgres') await this.#startPostgres();
  }

  /** SIGTERM to an instance, and another one in its place. Returns the exit code. */
  async roll(index: number): Promise<number | null> {
    const code = await (this.#instances[index] as InstanceProcess).stop();
    await this.#startInstance(index);
    return code;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }

  async #startRedis(): Promise<void> {
    const env = this.clocks.redis?.env ?? {};
    this.#redis = await startOwnRedis({ directory: this.#directories.redis, env, ...portOf(this.#redis) });
  }

  async #startPostgres(): Promise<void> {
    const env = this.clocks.postgres?.env ?? {};
    this.#postgres = await startOwnPostgres({ directory: this.#directories.postgres, settings: POSTGRES, env, ...portOf(this.#postgres) });
  }

  async #openInstance(index: number): Promise<void> {
    this.#ports[index] = await freePort();
    this.#fronts[index] = await openTcpProxy(this.#ports[index]);
    this.#closers.push(() => (this.#fronts[index] as TcpProxy).close());
    await this.#startInstance(index);
    this.#closers.push(() => (this.#instances[index] as InstanceProcess).stop());
  }

  async #startInstance(index: number): Promise<void> {
    const env = { ...this.#environment(index), PORT: String(this.#ports[index]), AUDIT_WORKER: 'off', SHUTDOWN_DRAIN_MS: '1000' };
    this.#instances[index] = await startInstanceProcess({ ...env, ...(index === 0 ? this.clocks.instance?.env : {}) });
  }

  async #startWorker(): Promise<void> {
    this.#worker = spawn(process.execPath, await argumentsFor('worker'), {
      env: { PATH: process.env['PATH'], ...this.#environment(2), ...this.clocks.worker?.env, LOG_LEVEL: 'warn' },
      stdio: 'ignore',
    });
  }

  #environment(index: number): Record<string, string> {
    const { redis, postgres } = this.#links[index] as Links;
    const database = new URL(this.databaseUrl);
    database.port = String(postgres.port);
    return { REDIS_URL: `redis://127.0.0.1:${redis.port}`, DATABASE_URL: database.href };
  }

  async #endWorker(signal: NodeJS.Signals): Promise<void> {
    if (this.#worker.exitCode !== null || this.#worker.signalCode !== null) return;
    const ended = once(this.#worker, 'exit');
    this.#worker.kill(signal);
    await ended;
  }
}

/** The port of a server that was there before. */
function portOf(server: { port: number } | undefined): { port?: number } {
  return server === undefined ? {} : { port: server.port };
}
