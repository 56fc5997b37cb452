/** What can happen to a Redis, as it happens. */
import { mkdir, rmdir } from 'node:fs/promises';
import { Redis } from 'ioredis';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { freshDirectory, startOwnRedis } from '../kit/services.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';

/** Loading 40,000 commands takes six seconds then, in which Redis answers -LOADING. */
const SLOW_LOADING = { 'key-load-delay': '100', 'loading-process-events-interval-bytes': '1024' };
const COMMANDS_TO_LOAD = 40_000;

/** A Redis with an append-only file, and a way to it that can be cut. */
export class Patient {
  readonly directory: string;
  readonly proxy: TcpProxy;
  server: PrivateRedis;
  readonly #admin: Redis;

  private constructor(directory: string, server: PrivateRedis, proxy: TcpProxy) {
    this.directory = directory;
    this.server = server;
    this.proxy = proxy;
    this.#admin = new Redis(server.url, { maxRetriesPerRequest: null }).on('error', () => {});
  }

  static async open(): Promise<Patient> {
    const directory = await freshDirectory('redis');
    const server = await startOwnRedis({ directory });
    return new Patient(directory, server, await openTcpProxy(server.port));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.proxy.port}`;
  }

  async restart(settings: Record<string, string> = {}): Promise<void> {
    this.server = await startOwnRedis({ directory: this.directory, port: this.server.port, settings });
  }

  async set(setting: string, value: string): Promise<void> {
    await this.#admin.config('SET', setting, value);
  }

  async replicaOf(host: string, port: string): Promise<void> {
    await this.#admin.call('REPLICAOF', host, port);
  }

  /** Commands that the next start has to repeat. */
  async fill(commands: number): Promise<void> {
    const pipeline = this.#admin.pipeline();
    for (let n = 0; n < commands; n++) pipeline.set('filler', n);
    await pipeline.exec();
  }

  async backUp(expected: 'ok' | 'err'): Promise<void> {
    await this.#admin.bgsave();
    await until(
      `a backup that ends ${expected}`,
      async () =>
        (await this.#admin.info('persistence')).includes(`rdb_bgsave_in_progress:0`) &&
        (await this.#admin.info('persistence')).includes(`rdb_last_bgsave_status:${expected}`),
    );
  }

  async close(): Promise<void> {
    this.#admin.disconnect();
    await this.proxy.close();
    await this.server.stop();
  }
}

export interface Trouble {
  title: string;
  begin(patient: Patient): Promise<unknown>;
  end(patient: Patient): Promise<unknown>;
  /** Whether sessions can be read meanwhile. */
  readable?: boolean;
  /** Whether it answers a PING, by which an instance counts as ready. */
  pings?: boolean;
}

let loading: Promise<void> = Promise.resolve();

export const TROUBLES: Trouble[] = [
  { title: 'I-30 with a Redis whose connections are cut', begin: async ({ proxy }) => proxy.cut(), end: async ({ proxy }) => proxy.mend() },
  {
    title: 'I-30 with a Redis that is stopped and started again',
    begin: ({ server }) => server.stop(),
    end: (patient) => patient.restart(),
  },
  { title: 'I-31 with a Redis that is killed with -9', begin: ({ server }) => server.kill(), end: (patient) => patient.restart() },
  {
    title: 'I-32 with a Redis that hangs for five seconds',
    begin: async ({ server }) => process.kill(server.pid, 'SIGSTOP'),
    end: async ({ server }) => process.kill(server.pid, 'SIGCONT'),
  },
  {
    title: 'X-10 with a Redis that is out of memory (OOM)',
    begin: (patient) => patient.set('maxmemory', '1'),
    end: (patient) => patient.set('maxmemory', '0'),
    readable: true,
    pings: true,
  },
  {
    title: 'X-10 with a Redis that became a replica (READONLY)',
    begin: (patient) => patient.replicaOf('127.0.0.1', '1'),
    end: (patient) => patient.replicaOf('NO', 'ONE'),
    readable: true,
    pings: true,
  },
  {
    title: 'X-10 with a Redis that loads its data (LOADING)',
    begin: async (patient) => {
      await patient.fill(COMMANDS_TO_LOAD);
      await patient.server.kill();
      loading = patient.restart(SLOW_LOADING);
    },
    end: () => loading,
  },
  {
    title: 'X-10 with a Redis that can’t write its snapshots (MISCONF)',
    begin: async (patient) => {
      await patient.set('save', '3600 1');
      // Where the snapshot should be put there is something in the way.
      await mkdir(`${patient.directory}/dump.rdb`);
      await patient.backUp('err');
    },
    end: async (patient) => {
      await rmdir(`${patient.directory}/dump.rdb`);
      await patient.backUp('ok');
    },
    readable: true,
  },
];
