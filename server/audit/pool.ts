import pg, { type CustomTypesConfig, type PoolClient, type PoolConfig } from 'pg';

type Taken = (error: Error | undefined, client: PoolClient | undefined, release: (error?: Error | boolean) => void) => void;

/** How PgBouncer and its like, and RDS Proxy, refuse a setting at the start-up of a connection. */
const REFUSES_SETTING = /unsupported startup parameter|support command-line options/i;

export interface PoolOptions extends PoolConfig {
  connectionString: string;
  /** Called where a pooler takes no `statement_timeout`, so that connections go without it. */
  onLimitRefused?: () => void;
}

/**
 * Connections to PostgreSQL, directly or through a pooler, whose sessions may change between two statements and which
 * refuses or drops settings. What matters is therefore no setting of the session: instants are read whatever its time
 * zone. `?schema=` is one, so it is looked at whether it was passed on.
 */
export class Pool extends pg.Pool {
  readonly #schema: string | undefined;
  readonly #advice: string;
  readonly #onLimitRefused: () => void;

  constructor({ connectionString, onLimitRefused = () => {}, ...options }: PoolOptions) {
    const { url, schema } = sessionUrl(connectionString);
    super({ ...options, connectionString: url, Client });
    this.#schema = schema;
    this.#onLimitRefused = onLimitRefused;
    const role = pg.escapeIdentifier(decodeURIComponent(new URL(connectionString).username));
    this.#advice = `the pooler does not pass ?schema= on: leave it out and run ALTER ROLE ${role} SET search_path = ${pg.escapeIdentifier(schema ?? '')}, or connect past the pooler`;
  }

  override connect(): Promise<PoolClient>;
  override connect(taken: Taken): void;
  override connect(taken?: Taken): Promise<PoolClient> | void {
    const client = this.#take();
    if (taken === undefined) return client;
    client.then(
      (one) => taken(undefined, one, (error) => one.release(error)),
      (error: Error) => taken(error, undefined, () => {}),
    );
  }

  async #take(): Promise<PoolClient> {
    const client = await this.#connect();
    if (this.#schema !== undefined && !known.has(client)) {
      const { rows } = await client.query<{ path: string }>(`SELECT current_setting('search_path') AS path`);
      if (![this.#schema, pg.escapeIdentifier(this.#schema)].includes(rows[0]?.path ?? '')) {
        client.release(true);
        throw this.#schemaError();
      }
      known.add(client);
    }
    return client;
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await super.connect();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (this.options.statement_timeout !== undefined) this.#onLimitRefused();
      delete this.options.statement_timeout;
    }
    try {
      return await super.connect();
    } catch (error) {
      throw isRefusal(error) && this.#schema !== undefined ? this.#schemaError() : error;
    }
  }

  /** As PostgreSQL would say that there is no such schema. */
  #schemaError(): Error {
    return Object.assign(new Error(this.#advice), { code: '3F000', severity: 'FATAL' });
  }
}

/** Connections that are known to mean the schema. */
const known = new WeakSet<PoolClient>();

function isRefusal(error: unknown): boolean {
  return error instanceof Error && REFUSES_SETTING.test(error.message);
}

const TIMESTAMPTZ: number = pg.types.builtins.TIMESTAMPTZ;

/** Hands instants on in UTC: Prisma's adapter takes their digits for UTC, whatever offset follows them. */
class Client extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // A lost connection rejects what is under way on it. The event would end the process where the connection breaks in
    // the very moment in which it is handed out, ahead of whoever takes it.
    this.on('error', () => {});
  }

  // One signature instead of the eight that the types have.
  override query(...[query, ...rest]: unknown[]): never {
    const run = super.query.bind(this) as (...given: unknown[]) => never;
    const { types } = query as { types?: CustomTypesConfig };
    if (types === undefined) return run(query, ...rest);
    const getTypeParser = (oid: number, format: 'text' | 'binary'): unknown =>
      oid === TIMESTAMPTZ && format !== 'binary' ? instant : types.getTypeParser(oid, format);
    return run({ ...(query as object), types: { getTypeParser } }, ...rest);
  }
}

const INSTANT = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(?::(\d\d))?$/;

/** An instant as PostgreSQL writes it, with the offset of the session's time zone, as ISO text in UTC. */
function instant(text: string): string {
  const [, date, time, hours, minutes = '00'] = INSTANT.exec(text) ?? [];
  if (date === undefined) throw new Error(`PostgreSQL writes instants as ${text}: its DateStyle must be ISO`);
  return new Date(`${date}T${time}${hours}:${minutes}`).toISOString();
}

/**
 * A database URL as the driver takes it, and the schema that it names by `?schema=`, as Prisma's own URLs do.
 * `sync_events` then means a table of that schema, which takes a setting of the session.
 */
function sessionUrl(databaseUrl: string): { url: string; schema: string | undefined } {
  const url = new URL(databaseUrl);
  const schema = schemaOf(databaseUrl);
  if (schema === undefined) return { url: databaseUrl, schema };
  // A space would begin the next setting.
  const path = `-c search_path=${pg.escapeIdentifier(schema).replaceAll(/[\\ ]/g, '\\$&')}`;
  url.searchParams.delete('schema');
  url.searchParams.set('options', [url.searchParams.get('options'), path].filter(Boolean).join(' '));
  return { url: url.href, schema };
}

/** The schema that a database URL names by `?schema=`. */
export function schemaOf(databaseUrl: string): string | undefined {
  return new URL(databaseUrl).searchParams.get('schema') ?? undefined;
}
