import { setTimeout as wait } from 'node:timers/promises';
import { Cluster, type ClusterOptions, Redis, type RedisOptions as AllRedisOptions } from 'ioredis';
import { ConfigError } from '../config.ts';
import type { Logger } from '../observability/logger.ts';
import { parseRedisUrl } from '../redis-url.ts';
import { COMMAND_TIMEOUT_MS, usePatientTimeouts } from './patient-timeouts.ts';

usePatientTimeouts();

/** A connection to Redis in any of its forms: one server, the master that Sentinels name, or a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * What a connection is for decides how it behaves in an outage. `commands` fails at once, so that clients get an answer
 * within two seconds; `blocking` waits for Redis to return, as BullMQ's workers and subscriptions must.
 */
export type ConnectionRole = 'commands' | 'blocking';

// With exactOptionalPropertyTypes the library's own options do not fit its type of `replyMapping`, which nothing here
// uses.
export type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

const RECONNECT_STEP_MS = 50;
/** An instance that was waiting is ready within a second of Redis' return. */
const RECONNECT_MAX_MS = 250;
/** How often a cluster is asked which of its nodes has which slots. */
const SLOTS_REFRESH_MS = 1_000;
const SLOTS_REFRESH_SELDOM_MS = 10_000;
/** A server that has not answered for this long hangs. If another one may take over, the connection is closed then. */
const HUNG_MS = 1_000;

export const REDIS_OPTIONS: Record<ConnectionRole, RedisOptions> = {
  commands: {
    enableOfflineQueue: false,
    // A commit whose reply was lost is reported as unknown, and the client repeats it with its command_id. If the
    // library sent it again, it could apply twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 1_000,
  },
  blocking: { maxRetriesPerRequest: null, connectTimeout: 1_000 },
};

/** A blocking connection has no time-out, since what it waits for may take any time. */
const failoverOptions = (role: ConnectionRole): RedisOptions => ({
  ...REDIS_OPTIONS[role],
  ...(role === 'commands' ? { socketTimeout: HUNG_MS } : {}),
  disconnectTimeout: 200,
  // READONLY means that the server was demoted and wrote nothing.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
});

/** Connections to single nodes of a cluster come and go; these options are for the loss of all of them. */
const CLUSTER_OPTIONS: Record<ConnectionRole, ClusterOptions> = {
  // As above, nothing that may have been executed is sent again; and nothing waits for a cluster that is down.
  commands: { enableOfflineQueue: false, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 },
  blocking: {},
};

export interface ConnectOptions {
  /** Whether the connection subscribes to sharded channels. */
  subscriber?: boolean;
  /** Returns false when a lost connection should not be opened again. */
  keepTrying?: () => boolean;
}

/** Opens a connection that reconnects by itself. `name` appears in the logs and in Redis' CLIENT LIST. */
export function connectRedis(
  url: string,
  role: ConnectionRole,
  name: string,
  logger: Logger,
  { subscriber = false, keepTrying = () => true }: ConnectOptions = {},
): RedisClient {
  const address = parseRedisUrl(url);
  const connectionName = `synckairos-${name}`;
  const retryStrategy = (attempt: number) => (keepTrying() ? Math.min(attempt * RECONNECT_STEP_MS, RECONNECT_MAX_MS) : null);
  const open = (): RedisClient => {
    if (address.form === 'single') {
      return new Redis(address.url, { ...REDIS_OPTIONS[role], connectionName, retryStrategy });
    }
    const { tls, ...access } = address.access;
    const options = { ...failoverOptions(role), ...access, connectionName };
    if (address.form === 'sentinel') {
      const { username: sentinelUsername, password: sentinelPassword } = address.sentinelAccess;
      return new Redis({
        ...options,
        sentinels: address.sentinels,
        name: address.name,
        db: address.db,
        ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
        ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
        ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
        failoverDetector: true,
        sentinelCommandTimeout: 500,
        sentinelRetryStrategy: retryStrategy,
        sentinelReconnectStrategy: retryStrategy,
        retryStrategy,
      });
    }
    return new Cluster(address.nodes, {
      ...CLUSTER_OPTIONS[role],
      clusterRetryStrategy: retryStrategy,
      slotsRefreshTimeout: 500,
      shardedSubscribers: subscriber,
      redisOptions: { ...options, ...(tls ? { tls: {} } : {}) },
      // Certificates name hosts, so hosts must not be replaced by their addresses.
      ...(tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    });
  };
  return watch(open(), role, name, logger, keepTrying);
}

/** Why connections fail that only a change of REDIS_URL or of its server can mend. */
const refusals = new WeakMap<RedisClient, string>();

/**
 * Closes a connection whose database Redis refuses, before it is ready; it is then tried again. The library would go on
 * with database 0, which may belong to another service.
 */
function giveUpDatabase(redis: Redis, error: Error, logger: Logger): void {
  const refusal = `REDIS_URL: Redis refuses database ${redis.options.db}: ${error.message}`;
  refusals.set(redis, refusal);
  logger.error(refusal);
  redis.stream.destroy();
}

/** Error codes of Node for a certificate that it does not trust, and for one whose authority it does not know. */
const CERTIFICATE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/;
const AUTHORITY = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** Error codes of Redis for a password that is missing or wrong. */
const PASSWORD = /^(NOAUTH|WRONGPASS)\b/;

/**
 * @throws ConfigError where Redis refuses the database or the password that REDIS_URL names, or its certificate is not
 * believed
 */
export function checkRefusal(redis: RedisClient): void {
  const refusal = refusals.get(redis);
  if (refusal !== undefined) throw new ConfigError(refusal);
}

/**
 * Logs when a connection is lost and when it returns; without a listener an `error` event would end the process. Opens
 * a connection again that ended by itself: the library gives up if a failover is announced while it connects.
 */
export function watch<Client extends RedisClient>(
  redis: Client,
  role: ConnectionRole,
  name: string,
  logger: Logger,
  keepTrying: () => boolean,
): Client {
  redis.on('error', (error: NodeJS.ErrnoException & { command?: { name: string } }) => {
    logger.warn({ connection: name, err: error.message }, 'redis connection error');
    if (error.command?.name === 'select' && !redis.isCluster) giveUpDatabase(redis as Redis, error, logger);
    if (CERTIFICATE.test(error.code ?? '')) {
      const advice = AUTHORITY.test(error.code ?? '') ? '; NODE_EXTRA_CA_CERTS names the file of a private authority' : '';
      refusals.set(redis, `REDIS_URL: ${error.message}${advice}`);
    }
    if (PASSWORD.test(error.message)) {
      refusals.set(redis, 'REDIS_URL: Redis asks for a user name and a password, and the URL has none or others than it knows');
    }
  });
  redis.on('ready', () => {
    refusals.delete(redis);
    logger.debug({ connection: name }, 'redis connection ready');
  });
  let closing = false;
  const disconnect = redis.disconnect.bind(redis);
  redis.disconnect = (reconnect) => {
    closing ||= reconnect !== true;
    disconnect(reconnect);
  };
  // The event `connecting` comes a tick later, perhaps after the connection was closed, so `connect` is wrapped
  // instead.
  const connect = redis.connect.bind(redis);
  redis.connect = () => {
    closing = false;
    return connect();
  };
  redis.on('end', () => {
    setTimeout(() => {
      if (!closing && keepTrying() && redis.status === 'end') redis.connect().catch(() => {});
    }, RECONNECT_STEP_MS);
  });
  if (redis.isCluster) {
    keepMastersConnected(redis as Cluster, role, () => closing);
    giveUpHungCheck(redis as Cluster);
  }
  return redis;
}

/**
 * Keeps a cluster's connections to its masters open: by itself the library opens one with the first command and refuses
 * others meanwhile. Also asks regularly which node has which slots (the library needs some 10 ms for the answer): every
 * second for ten seconds after a node was lost, and on blocking connections, where no command would show that a node
 * hangs. The library's own `slotsRefreshInterval` would go on for ever if the connection is closed during a request.
 */
function keepMastersConnected(cluster: Cluster, role: ConnectionRole, isClosing: () => boolean): void {
  let lost = Number.NEGATIVE_INFINITY;
  let asked = performance.now();
  const asking = setInterval(() => {
    if (isClosing()) clearInterval(asking);
    const now = performance.now();
    const often = role === 'blocking' || now - lost < SLOTS_REFRESH_SELDOM_MS;
    if (cluster.status !== 'ready' || (!often && now - asked < SLOTS_REFRESH_SELDOM_MS)) return;
    asked = now;
    cluster.refreshSlotsCache();
  }, SLOTS_REFRESH_MS).unref();
  cluster.on('-node', () => {
    lost = performance.now();
  });
  cluster.on('+node', (node: Redis) => {
    if (node.options.readOnly !== true && node.status === 'wait') node.connect().catch(() => {});
  });
}

/**
 * Before a cluster counts as ready, the library asks one of its masters, chosen at random, for its state. If that
 * master hangs, a blocking connection, whose commands may take any time, would wait for it for ever. After HUNG_MS it
 * reconnects instead, and asks another one.
 */
function giveUpHungCheck(cluster: Cluster): void {
  let hung: NodeJS.Timeout | undefined;
  cluster.on('connect', () => {
    clearTimeout(hung);
    hung = setTimeout(() => {
      if (cluster.status === 'connect') cluster.disconnect(true);
    }, HUNG_MS).unref();
  });
}

/** How long Redis may take to answer when an instance starts. */
const START_TIMEOUT_MS = 10_000;
const READY_POLL_MS = 20;

/**
 * Resolves when a connection can be used; in a cluster, when every master that answers is connected.
 * @throws ConfigError when Redis does not answer within 10 s, refuses the database or the password, or has a
 * certificate that Node does not trust
 */
export async function whenReady(redis: RedisClient): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  const isReady = () =>
    redis.status === 'ready' && (!redis.isCluster || (redis as Cluster).nodes('master').every(({ status }) => status === 'ready'));
  while (!isReady() && performance.now() < end) {
    checkRefusal(redis);
    await wait(READY_POLL_MS);
  }
  if (redis.status !== 'ready') throw new ConfigError('REDIS_URL: no Redis answers there');
}
