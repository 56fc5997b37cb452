/** What REDIS_URL may be, for people. */
export const REDIS_URL_FORMS =
  'must be redis://host:port (rediss:// for TLS; /1 behind it for database 1), a comma list of those for a cluster, or ' +
  'redis-sentinel://host:port,host:port/name for Sentinels, with / ? # @ in a password written as %2F %3F %23 %40';

interface Node {
  host: string;
  port: number;
}

interface Credentials {
  username?: string;
  password?: string;
}

/** Where Redis is: one server, a cluster of which some nodes are known, or whatever master the Sentinels name. */
export type RedisAddress =
  | { form: 'single'; url: string; db: number }
  | { form: 'cluster'; nodes: Node[]; access: Credentials & { tls: boolean } }
  | {
      form: 'sentinel';
      sentinels: Node[];
      name: string;
      db: number;
      access: Credentials & { tls: boolean };
      sentinelAccess: Credentials;
    };

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/**
 * Reads a REDIS_URL. In a list, user and password are those of its first entry and hold for all; whether TLS is used,
 * too. Entries after the first may leave the scheme out.
 * @throws Error without the value, since it may hold a password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme, rest] = /^(rediss?|rediss?-sentinel):\/\/(.*)$/.exec(url) ?? fail();
  const tls = scheme?.startsWith('rediss') === true;
  if (scheme?.endsWith('-sentinel') === true) return sentinelAddress(rest ?? '', tls);
  if (!url.includes(',')) {
    const { path, query } = parseNode(url, REDIS_PORT);
    const db = /^\/?$/.test(path) ? (query.get('db') ?? '0') : path.slice(1);
    if (!/^\d+$/.test(db)) fail();
    return { form: 'single', url, db: Number(db) };
  }
  const [first = '', ...others] = url.split(',');
  const nodes = [first, ...others.map((entry) => (entry.includes('://') ? entry : `${scheme}://${entry}`))].map((entry) =>
    parseNode(entry, REDIS_PORT),
  );
  // A cluster has one database, and one way to sign in.
  if (nodes.some(({ scheme: own, path }) => own !== scheme || !['', '/', '/0'].includes(path))) fail();
  if (nodes.slice(1).some(({ username, password }) => username !== undefined || password !== undefined)) fail();
  return { form: 'cluster', nodes: nodes.map(addressOf), access: { ...credentialsOf(nodes[0]), tls } };
}

/** The number of the database that a REDIS_URL names. */
export function databaseOf(url: string): number {
  const address = parseRedisUrl(url);
  return address.form === 'cluster' ? 0 : address.db;
}

function sentinelAddress(rest: string, tls: boolean): RedisAddress {
  const [, hosts = '', path = '', query = ''] = /^([^/?]*)\/([^?@#]*)(\?[^@#]*)?$/.exec(rest) ?? fail();
  const nodes = hosts.split(',').map((entry) => parseNode(`redis://${entry}`, SENTINEL_PORT));
  if (nodes.slice(1).some(({ username, password }) => username !== undefined || password !== undefined)) fail();
  const [name = '', db = '0', ...more] = path.split('/');
  const parameters = new URLSearchParams(query);
  const known = new Set(['sentinel_username', 'sentinel_password']);
  if (name === '' || !/^\d+$/.test(db) || more.length > 0 || [...parameters.keys()].some((key) => !known.has(key))) fail();
  const [username, password] = [parameters.get('sentinel_username'), parameters.get('sentinel_password')];
  return {
    form: 'sentinel',
    sentinels: nodes.map(addressOf),
    name: decodeURIComponent(name),
    db: Number(db),
    access: { ...credentialsOf(nodes[0]), tls },
    sentinelAccess: { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) },
  };
}

interface ParsedNode extends Node {
  scheme: string;
  username?: string;
  password?: string;
  path: string;
  query: URLSearchParams;
}

function parseNode(text: string, defaultPort: number): ParsedNode {
  if (!URL.canParse(text)) fail();
  const { protocol, hostname, port, username, password, pathname, hash, searchParams } = new URL(text);
  if (hostname === '' || hash !== '' || hasPasswordBehindHost(text)) fail();
  return {
    scheme: protocol.slice(0, -1),
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? defaultPort : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    path: pathname,
    query: searchParams,
  };
}

/**
 * Whether a URL has an `@` behind its host. A `/`, `?` or `#` in a password ends what is taken for the host, so the
 * host is a part of the password then, which must reach no log.
 */
export function hasPasswordBehindHost(url: string): boolean {
  const { pathname, search, hash } = new URL(url);
  return `${pathname}${search}${hash}`.includes('@');
}

const addressOf = ({ host, port }: ParsedNode): Node => ({ host, port });

function credentialsOf(node: ParsedNode | undefined): Credentials {
  return {
    ...(node?.username === undefined ? {} : { username: node.username }),
    ...(node?.password === undefined ? {} : { password: node.password }),
  };
}

function fail(): never {
  throw new Error(REDIS_URL_FORMS);
}
