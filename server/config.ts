import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { hasPasswordBehindHost, parseRedisUrl, REDIS_URL_FORMS } from './redis-url.ts';

/** The settings cannot be used. The message is one line that names the variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be ${least}${most === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${most}`}`);

/** The form of `<NAME>_PORT` that Kubernetes sets in every pod for a Service `<name>` of its namespace. */
const SERVICE_LINK = /^(tcp|udp|sctp):\/\//;

const port = z
  .string()
  .refine(
    (value) => !SERVICE_LINK.test(value),
    'is what Kubernetes sets for a Service of that name: set it to a number, or enableServiceLinks: false in the pod',
  )
  .pipe(integer(0, 65_535));

const url = (protocols: string[]) =>
  z.string().refine(
    (value) => {
      return URL.canParse(value) && protocols.includes(new URL(value).protocol);
    },
    `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );

const oneOf = <const Words extends string[]>(words: Words) =>
  z.enum(words, `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`);

/** A limit; 0 switches it off. */
const limit = integer(0, 1_000_000);

function isRedisUrl(value: string): boolean {
  try {
    parseRedisUrl(value);
    return true;
  } catch {
    return false;
  }
}

const listOf = (value: string) => value.split(',').map((entry) => entry.trim());

/**
 * Whether it is an origin as browsers write it: no path, nothing behind the port. Pages inside applications have
 * schemes of their own, whose origin `URL` does not know.
 */
function isOrigin(value: string): boolean {
  return /^https?:/.test(value) ? URL.canParse(value) && new URL(value).origin === value : /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(value);
}

/**
 * Whether it is a plain path. Dots that change the path are refused, and so are the two endings that clients take for
 * parts of the service and cut off.
 */
function isBasePath(value: string): boolean {
  const isPlain = /^\/[\w.~/-]*$/.test(value) && !value.includes('//') && new URL(value, 'http://localhost').pathname === value;
  return isPlain && !/\/(v1|socket\.io)\/?$/.test(value);
}

const HOST_NAME = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i;

/** Whether it is where people find the page: links begin with it, so it has nothing behind its path. */
function isPublicUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '') && !/[?#]/.test(value);
}

const secret = z.string().min(32, 'must have 32 characters or more');

/** A public key and the algorithms for keys of its kind, so that no token can choose another algorithm. */
export interface PublicKey {
  publicKey: KeyObject;
  algorithms: string[];
}

const RSA_BITS_MIN = 2048;

/** A public key as PEM (SPKI); line breaks may be written `\n`. */
const publicKey = z.string().transform((value, context): PublicKey => {
  const pem = value.replaceAll('\\n', '\n').trim();
  try {
    // `createPublicKey` would accept a private key too, but whoever sets one here has confused the two.
    if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) throw new Error('not SPKI');
    const key = createPublicKey(pem);
    const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType === 'rsa' && modulusLength >= RSA_BITS_MIN) return { publicKey: key, algorithms: ['RS256'] };
    if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return { publicKey: key, algorithms: ['ES256'] };
    if (key.asymmetricKeyType === 'ed25519') return { publicKey: key, algorithms: ['EdDSA', 'Ed25519'] };
  } catch {
    // The message of OpenSSL may contain parts of the key.
  }
  context.addIssue({
    code: 'custom',
    message: `must be a public key in PEM (BEGIN PUBLIC KEY): RSA from ${RSA_BITS_MIN} bits, P-256 or Ed25519`,
  });
  return z.NEVER;
});

/** An Ed25519 private key as PEM (PKCS #8), with line breaks as they are or as `\n`; or the path of a file with one. */
const signingKey = z.string().transform((value, context): KeyObject => {
  try {
    const pem = value.includes('-----BEGIN') ? value.replaceAll('\\n', '\n').trim() : readFileSync(value, 'utf8');
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The message of OpenSSL may contain parts of the key.
  }
  context.addIssue({
    code: 'custom',
    message: 'must be an Ed25519 private key in PEM (BEGIN PRIVATE KEY), or the path of a file with one',
  });
  return z.NEVER;
});

/** An IPv4 or IPv6 network such as `10.0.0.0/8`, or one address. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && bits > 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits));
}

/** Every variable the server reads, with its default. docs/OPERATIONS.md explains each. */
const variables = z.object({
  NODE_ENV: oneOf(['development', 'test', 'production']).default('development'),
  PORT: port.default(3000),
  WORKER_PORT: port.optional(),
  HOST: z.string().default('127.0.0.1'),
  REDIS_URL: z.string().refine(isRedisUrl, REDIS_URL_FORMS),
  DATABASE_URL: url(['postgresql:', 'postgres:'])
    .refine(
      (value) => !URL.canParse(value) || !hasPasswordBehindHost(value),
      'must have no @ behind its host: write / ? # @ in a password as %2F %3F %23 %40',
    )
    .optional(),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  BASE_PATH: z
    .string()
    .refine(isBasePath, 'must be a path such as /timer: of letters, digits, - . _ ~ and single slashes, not ending in /v1 or /socket.io')
    .transform((value) => value.replace(/\/$/, ''))
    .default(''),
  PUBLIC_URL: z
    .string()
    .refine(isPublicUrl, 'must be the address at which people open the page, such as https://play.example/timer: no user, no ? and no #')
    .transform((value) => new URL(value).href.replace(/\/?$/, '/'))
    .optional(),
  CORS_ORIGIN: z
    .string()
    .refine(
      (value) => value === '*' || listOf(value).every(isOrigin),
      'must be * or a comma list of origins as browsers send them, such as https://a.example',
    )
    .default('*')
    .transform((value) => (value === '*' ? value : listOf(value))),
  EMBED_ORIGINS: z
    .string()
    .refine(
      (value) => value === '*' || listOf(value).every(isOrigin),
      'must be * or a comma list of origins as browsers send them, such as https://a.example',
    )
    .transform((value) => (value === '*' ? [value] : listOf(value)))
    .default([]),
  ALLOWED_HOSTS: z
    .string()
    .refine(
      (value) => value === '*' || listOf(value).every((name) => HOST_NAME.test(name)),
      'must be * or a comma list of host names without ports, such as play.example',
    )
    .transform((value) => (value === '*' ? value : listOf(value.toLowerCase())))
    .optional(),
  TRUST_PROXY: z
    .string()
    .regex(/^(true|false|\d{1,2})$/, 'must be true or false, or the number of proxies in front')
    .default('false')
    .transform((value) => (value === 'true' ? 1 : value === 'false' ? 0 : Number(value))),
  CLIENT_ADDRESS_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header')
    .transform((name) => name.toLowerCase())
    .optional(),
  SESSION_TTL_SECONDS: integer(1).default(3600),
  SESSION_MAX_IDLE_RUN_SECONDS: integer(0, 30 * 86_400).default(86_400),
  RATE_LIMIT_GENERAL: limit.default(100),
  RATE_LIMIT_SWITCH: limit.default(10),
  RATE_LIMIT_SOCKET: limit.default(50),
  LIMIT_CONNECTIONS_PER_ADDRESS: limit.default(0),
  LIMIT_SOCKETS_PER_SESSION: limit.default(0),
  LIMIT_SESSIONS_PER_OWNER: limit.default(0),
  AUTH_MODE: oneOf(['none', 'jwt']).default('none'),
  JWT_SECRET: secret.optional(),
  JWT_PUBLIC_KEY: publicKey.optional(),
  JWT_JWKS_URL: url(['https:', 'http:']).optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  JWT_CLOCK_TOLERANCE_SECONDS: integer(0, 300).default(5),
  LINK_SECRET: secret.optional(),
  AUDIT_WORKER: oneOf(['inline', 'off', 'none']).default('inline'),
  AUDIT_RETENTION_DAYS: integer(1, 36_500).optional(),
  ADMIN_USER: z
    .string()
    .regex(/^[^:]+$/, 'must not hold a colon')
    .optional(),
  ADMIN_PASSWORD: z.string().min(8, 'must have 8 characters or more').optional(),
  METRICS_AUTH: oneOf(['none', 'admin']).default('none'),
  OPERATOR_PORT: port.optional(),
  WEBHOOK_MASTER_KEY: secret.optional(),
  SIGNING_KEY: signingKey.optional(),
  WEBHOOK_ALLOW: z
    .string()
    .refine((value) => listOf(value).every(isNetwork), 'must be a comma list of networks such as 10.0.0.0/8 or fd00::/8')
    .transform(listOf)
    .default([]),
  WEBHOOK_ALLOW_HTTP: oneOf(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true'),
  EXPIRY_GRACE_MS: integer(0, 1000).default(20),
  SHUTDOWN_TIMEOUT_MS: integer(0, 600_000).default(15_000),
  SHUTDOWN_DRAIN_MS: integer(0, 60_000).default(1_000),
  KEY_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, _ or -')
    .default('sk'),
});

export type Config = z.infer<typeof variables>;

/**
 * Reads the settings from environment variables; an empty one counts as unset.
 * @param program an instance ignores the worker's port, so that a value from Kubernetes in it does not stop the start
 * @throws ConfigError for the first variable that is missing or wrong. The message never contains a value, since it may
 * be a secret.
 */
export function loadConfig(env: Record<string, string | undefined>, program: 'instance' | 'worker' = 'instance'): Config {
  const isForeign = (name: string, value: string) => program === 'instance' && name === 'WORKER_PORT' && SERVICE_LINK.test(value);
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== undefined && value !== '' && !isForeign(name, value)),
  );
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    throw new ConfigError(given[name] === undefined ? `${name} must be set` : `${name} ${issue?.message ?? 'is not valid'}`);
  }
  const config = parsed.data;
  if (config.AUDIT_WORKER === 'inline' && config.DATABASE_URL === undefined) {
    throw new ConfigError(
      'DATABASE_URL must be set for AUDIT_WORKER=inline (set AUDIT_WORKER=off to write the trail elsewhere, or none to keep no trail)',
    );
  }
  for (const [name, other] of [
    ['ADMIN_USER', 'ADMIN_PASSWORD'],
    ['ADMIN_PASSWORD', 'ADMIN_USER'],
  ] as const) {
    if (config[name] === undefined && config[other] !== undefined) throw new ConfigError(`${name} must be set where ${other} is`);
  }
  if (config.METRICS_AUTH === 'admin' && config.ADMIN_USER === undefined)
    throw new ConfigError('ADMIN_USER must be set for METRICS_AUTH=admin');
  requireOneKey(config);
  return config;
}

/** Only one key is allowed: a forgotten second key would go on accepting tokens. */
function requireOneKey(config: Config): void {
  const [first, second] = (['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_JWKS_URL'] as const).filter((name) => config[name] !== undefined);
  if (second !== undefined) throw new ConfigError(`${second} must not be set where ${first} is: tokens are checked by one key`);
  if (config.AUTH_MODE === 'jwt' && first === undefined) {
    throw new ConfigError('JWT_SECRET must be set for AUTH_MODE=jwt, or JWT_PUBLIC_KEY, or JWT_JWKS_URL');
  }
}
