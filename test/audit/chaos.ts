import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import type { SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { newest } from '../../server/audit/newest.ts';
import { verify } from '../../server/audit/verify.ts';
import { canonicalJson } from '../../server/domain/canonical.ts';
import { decodeState, SCHEMA } from '../../server/domain/schema.ts';
import { freePort } from '../../server/local/free-port.ts';
import type { PrivatePostgres } from '../../server/local/private-postgres.ts';
import type { RedisClient } from '../../server/store/connection.ts';
import { createKeys } from '../../server/store/keys.ts';
import { argumentsFor } from '../kit/programs.ts';
import { lookInto } from '../kit/redis.ts';
import { type InstanceProcess, startInstanceProcess } from '../kit/server.ts';
import { freshDirectory, freshPrefix, migrate, redisUrl, startOwnPostgres } from '../kit/services.ts';
import { factsIn, stateIn } from '../kit/stored.ts';
import { query, silent } from './kit.ts';

// What the server says is stored must survive its death.
const POSTGRES = { synchronous_commit: 'on' };

/** Two instances, a worker and a PostgreSQL, each a process that may be killed and started again. */
export class Site {
  readonly prefix: string;
  readonly redis: RedisClient;
  readonly #env: Record<string, string>;
  readonly #ports: number[];
  readonly #directory: string;
  readonly instances: InstanceProcess[] = [];
  #worker: ChildProcess | undefined;
  #postgres: PrivatePostgres;

  private constructor(env: Record<string, string>, ports: number[], directory: string, postgres: PrivatePostgres) {
    this.#env = env;
    this.#ports = ports;
    this.#directory = directory;
    this.#postgres = postgres;
    this.prefix = env['KEY_PREFIX'] ?? '';
    this.redis = lookInto(env['REDIS_URL'] ?? '');
  }

  /** Everything is up; the first instance relays. `settings` are those of the instances. */
  static async open(settings: Record<string, string> = {}): Promise<Site> {
    const directory = await freshDirectory('postgres');
    const postgres = await startOwnPostgres({ directory, settings: POSTGRES });
    await migrate(postgres.url);
    const env = { REDIS_URL: await redisUrl(), KEY_PREFIX: freshPrefix(), DATABASE_URL: postgres.url, AUDIT_WORKER: 'inline', ...settings };
    const site = new Site(env, [await freePort(), await freePort()], directory, postgres);
    await site.startInstance(0);
    await site.startInstance(1);
    await site.startWorker();
    return site;
  }

  get urls(): string[] {
    return this.#ports.map((port) => `http://127.0.0.1:${port}`);
  }

  get databaseUrl(): string {
    return this.#postgres.url;
  }

  async startInstance(index: number): Promise<void> {
    this.instances[index] = await startInstanceProcess({ ...this.#env, PORT: String(this.#ports[index]) });
  }

  /** Whichever instance relays the outbox is the first one after `open`, until it dies. */
  async killInstance(index: number): Promise<void> {
    await this.instances[index]?.kill();
  }

  async startWorker(): Promise<void> {
    this.#worker = spawn(process.execPath, await argumentsFor('worker'), {
      env: { PATH: process.env['PATH'], ...this.#env, LOG_LEVEL: 'warn' },
      stdio: 'ignore',
    });
  }

  async killWorker(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || worker.exitCode !== null || worker.signalCode !== null) throw new Error('the worker had ended');
    worker.kill('SIGKILL');
    await once(worker, 'exit');
  }

  async killPostgres(): Promise<void> {
    await this.#postgres.kill();
  }

  async startPostgres(): Promise<void> {
    this.#postgres = await startOwnPostgres({ directory: this.#directory, port: this.#postgres.port, settings: POSTGRES });
  }

  async rows(): Promise<number> {
    const [row] = await query<{ rows: number }>(this.databaseUrl, 'SELECT count(*)::int AS rows FROM sync_events');
    return row?.rows ?? 0;
  }

  /** Resident memory of each instance, MiB. */
  async memory(): Promise<number[]> {
    const bytes = this.urls.map(async (url) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1024 / 1024;
    });
    return Promise.all(bytes);
  }

  /** Compares what players were told, what Redis has, and what the trail tells, session by session. */
  async check(versions: ReadonlyMap<string, number>): Promise<void> {
    const keys = createKeys(this.prefix);
    const database = openDatabase(this.databaseUrl, silent, { connections: 2, statementMs: 10_000 });
    try {
      for (const [id, version] of versions) {
        const { hash } = await factsIn(this.redis, keys.session(id).session);
        const live = decodeState(await stateIn(this.redis, keys.session(id).session), SCHEMA) as SessionState;
        expect(live.version, `${id}: Redis against what was acknowledged`).to.equal(version);
        const verified = await verify(database, id);
        expect(verified, `${id}: rows and hashes`).to.deep.include({ rows: version, findings: [] });
        const last = await newest(database, id);
        if (typeof last === 'string') throw new Error(`${id} is ${last}`);
        expect(canonicalJson(last.state), `${id}: trail against Redis`).to.equal(canonicalJson(live));
        expect(last.lastHash).to.equal(hash);
      }
    } finally {
      await closeDatabase(database, silent);
    }
    const counts = await query(this.databaseUrl, 'SELECT count(*)::int AS sessions FROM sync_sessions');
    expect(counts).to.deep.equal([{ sessions: versions.size }]);
  }

  async close(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop()));
    const worker = this.#worker;
    if (worker !== undefined && worker.exitCode === null && worker.signalCode === null) {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    }
    this.redis.disconnect();
    await this.#postgres.stop();
  }
}

/** How many events were acknowledged in all. */
export function total(versions: ReadonlyMap<string, number>): number {
  return [...versions.values()].reduce((sum, version) => sum + version, 0);
}
