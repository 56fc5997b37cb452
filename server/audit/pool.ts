import pg, { type CustomTypesConfig, type PoolClient, type PoolConfig } from 'pg';

type Taken = (error: Error | undefined, client: PoolClient | undefined, release: (error?: Error | boolean) => void) => void;

/** The errors by which poolers (PgBouncer, RDS Proxy) refuse a setting at the start of a connection. */
const REFUSES_SETTING = /unsupported startup parameter|support command-line options/i;

export interface PoolOptions extends PoolConfig {
  connectionString: string;
  /** Called when a pooler refuses `statement_timeout`; connections then go without it. */
  onLimitRefused?: () => void;
}

/**
 * Connections to PostgreSQL, directly or through a pooler, which may use another session for each statement and may
 * refuse or drop settings. So nothing here depends on a setting of the session: instants are read correctly in any time
 * zone. `?schema=` needs one, so it is checked that the pooler passed it on.
 */
export class Pool extends pg.Pool {
  readonly #schema: string | undefined;
  readonly #advice: string;
  readonly #onLimitRefused: () => void;

  constructor({ connectionString, onLimitRefused = () => {}, ...options }: PoolOptions) {
    const { url, schema } = sessionUrl(connectionString);
    super({ ...options, connectionString: url, Client });
    // The next statement gets a new connection. Without a listener the loss of one that waits, or that ends just then,
    // would end the process.
    this.on('error', () => {});
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

  /** The error that PostgreSQL gives when there is no such schema. */
  #schemaError(): Error {
    return Object.assign(new Error(this.#advice), { code: '3F000', severity: 'FATAL' });
  }
}

/** Connections whose schema was checked. */
const known = new WeakSet<PoolClient>();

function isRefusal(error: unknown): boolean {
  return error instanceof Error && REFUSES_SETTING.test(error.message);
}

const TIMESTAMPTZ: number = pg.types.builtins.TIMESTAMPTZ;

/** Converts instants to UTC, because Prisma's adapter takes their digits for UTC and ignores the offset. */
class Client extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // A lost connection rejects the present query. Without a listener the event would end the process if the connection
    // breaks just before the pool hands it out.
    this.on('error', () => {});
  }

  // One signature in place of the eight overloads of the types.
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

/** Converts an instant as PostgreSQL writes it, with the offset of the session's time zone, to ISO text in UTC. */
function instant(text: string): string {
  const [, date, time, hours, minutes = '00'] = INSTANT.exec(text) ?? [];
  if (date === undefined) throw new Error(`PostgreSQL writes instants as ${text}: its DateStyle must be ISO`);
  return new Date(`${date}T${time}${hours}:${minutes}`).toISOString();
}

/**
 * Splits a database URL into the URL for the driver and the schema that `?schema=` names, as in Prisma's URLs. A
 * setting of the session makes `sync_events` mean the table of that schema.
 */
function sessionUrl(databaseUrl: string): { url: string; schema: string | undefined } {
  const url = new URL(databaseUrl);
  const schema = schemaOf(databaseUrl);
  if (schema === undefined) return { url: databaseUrl, schema };
  // An unescaped space would begin the next setting.
  const path = `-c search_path=${pg.escapeIdentifier(schema).replaceAll(/[\\ ]/g, '\\$&')}`;
  url.searchParams.delete('schema');
  url.searchParams.set('options', [url.searchParams.get('options'), path].filter(Boolean).join(' '));
  return { url: url.href, schema };
}

/** The schema that a database URL names by `?schema=`. */
export function schemaOf(databaseUrl: string): string | undefined {
  return new URL(databaseUrl).searchParams.get('schema') ?? undefined;
}
