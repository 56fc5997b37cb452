import { createServer } from 'node:net';
import path from 'node:path';
import { createApp } from '../app.ts';
import { applyMigrations } from '../audit/migrate.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { within } from '../util/within.ts';
import { ownerOf, StartError } from './claim.ts';
import { withWayOut } from './file-errors.ts';
import { keptKeys } from './kept-keys.ts';
import { startPrivatePostgres } from './private-postgres.ts';
import type { PrivateProcess } from './private-process.ts';
import { startPrivateRedis } from './private-redis.ts';

type Environment = Record<string, string | undefined>;

export interface LocalStackOptions {
  env: Environment;
  /** Where the private servers keep their data. */
  directory: string;
  progress: (line: string) => void;
  /** Called when a private server ends that nobody stopped. */
  onLoss: (message: string) => void;
}

/** What `npm start` runs: the server, and private servers for those that the settings do not name. */
export class LocalStack {
  private readonly options: LocalStackOptions;
  private readonly servers: PrivateProcess[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private starting: Promise<string> | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: LocalStackOptions) {
    this.options = options;
  }

  /**
   * Starts Redis, PostgreSQL, the migrations and the server, in this order. After a failure the caller must still call
   * `close`.
   * @returns the server's address
   * @throws ConfigError, StartError with a message for the user; anything else is a bug
   */
  start(): Promise<string> {
    this.starting ??= this.startAll().catch(async (error: unknown) => {
      throw await withWayOut(error, this.options.directory);
    });
    return this.starting;
  }

  /**
   * Stops what has started, last first: server, PostgreSQL, Redis. While starting, ends the start at its next step.
   * Later calls wait for the same end.
   */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  /** Tells the private servers to stop, without waiting for their end. */
  abandon(): void {
    for (const server of this.servers) server.stop().catch(() => {});
  }

  private async startAll(): Promise<string> {
    const { env, directory, progress } = this.options;
    const draft = localConfig(env, { REDIS_URL: 'redis://private', DATABASE_URL: 'postgresql://private' });
    await this.requireRoom(draft);

    let redisUrl = env['REDIS_URL'];
    if (!redisUrl) {
      progress('starting Redis');
      const redis = await startPrivateRedis({ directory: path.join(directory, 'redis'), progress });
      this.own('Redis', redis);
      redisUrl = redis.url;
    }
    let databaseUrl = env['DATABASE_URL'];
    if (!databaseUrl && draft.AUDIT_WORKER !== 'none') {
      this.checkOpen();
      progress('starting PostgreSQL');
      const postgres = await startPrivatePostgres({ directory: path.join(directory, 'postgres'), progress });
      this.own('PostgreSQL', postgres);
      databaseUrl = postgres.url;
    }
    this.checkOpen();
    if (databaseUrl && draft.AUDIT_WORKER !== 'none') {
      progress('applying migrations');
      await applyMigrations(databaseUrl);
      this.checkOpen();
    }
    const keys = draft.AUDIT_WORKER === 'none' ? {} : await keptKeys(path.join(directory, 'keys'));
    progress('starting the server');
    const app = await createApp(localConfig(env, { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, ...keys }));
    // The databases are stopped in order even if the server has not closed by then.
    this.closers.push(() => within(draft.SHUTDOWN_TIMEOUT_MS, app.close(), () => {}));
    this.checkOpen();
    return app.url;
  }

  private async closeAll(): Promise<void> {
    // The present step is finished first, so that nothing is started afterwards.
    await this.starting?.catch(() => {});
    const failures: unknown[] = [];
    // A server that cannot be closed must not keep the database running.
    for (const close of this.closers.toReversed()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  private own(name: string, server: PrivateProcess): void {
    this.servers.push(server);
    this.closers.push(() => server.stop());
    void server.ended.then((how) => {
      if (this.closing === undefined)
        this.options.onLoss(`${name} ${how}; its log is in ${path.join(this.options.directory, name.toLowerCase(), 'server.log')}`);
    });
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new StartError('stopped while starting');
  }

  /** Checks port and folder before anything starts, since these are the likeliest mistakes. */
  private async requireRoom({ HOST, PORT, AUDIT_WORKER }: Config): Promise<void> {
    const { env, directory } = this.options;
    const folders = [...(env['REDIS_URL'] ? [] : ['redis']), ...(env['DATABASE_URL'] || AUDIT_WORKER === 'none' ? [] : ['postgres'])];
    const owners = await Promise.all(folders.map((folder) => ownerOf(path.join(directory, folder))));
    const owner = owners.find((pid) => pid !== undefined);
    const beside = (port: number) => `stop it, or run another one beside it: PORT=${port} npm start -- some/folder`;
    const code = await tryListen(HOST, PORT);
    if (code === undefined) {
      if (owner !== undefined) throw new ConfigError(`${directory} is in use by process ${owner}, an earlier npm start: ${beside(PORT)}`);
      return;
    }
    if (code !== 'EADDRINUSE') throw new ConfigError(`HOST ${HOST} with PORT ${PORT} can't be listened on (${code})`);
    throw new ConfigError(
      owner === undefined
        ? `PORT ${PORT} is in use: stop what uses it, or choose another one, as in PORT=${PORT + 1} npm start`
        : `PORT ${PORT} is in use by an earlier npm start, which runs as process ${owner}: ${beside(PORT + 1)}`,
    );
  }
}

/** The settings of the server. Its logs would bury the progress lines, so only warnings are shown by default. */
function localConfig(env: Environment, urls: Environment): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  // No load balancer asks for readiness here, and Ctrl-C should be quick.
  return loadConfig({ LOG_LEVEL: 'warn', SHUTDOWN_DRAIN_MS: '0', ...urls, ...set });
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
