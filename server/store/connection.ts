import { setTimeout as wait } from 'node:timers/promises';
import { Cluster, type ClusterOptions, Redis, type RedisOptions as AllRedisOptions } from 'ioredis';
import { ConfigError } from '../config.ts';
import type { Logger } from '../observability/logger.ts';
import { parseRedisUrl } from '../redis-url.ts';
import { COMMAND_TIMEOUT_MS, usePatientTimeouts } from './patient-timeouts.ts';

usePatientTimeouts();

/** A connection to Redis, whichever of its forms: one server, the master that Sentinels name, a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * What a connection is used for decides how it behaves in an outage: `commands` fails at once, so that a client hears
 * of it within two seconds; `blocking` waits for Redis to return, as BullMQ's workers and subscriptions must.
 */
export type ConnectionRole = 'commands' | 'blocking';

// The library types `replyMapping` so that exactOptionalPropertyTypes refuses its own options; nothing here uses it.
export type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

const RECONNECT_STEP_MS = 50;
/** An instance that was waiting is ready within a second of Redis' return. */
const RECONNECT_MAX_MS = 250;
/** How often a cluster is asked which of its nodes has what. */
const SLOTS_REFRESH_MS = 1_000;
const SLOTS_REFRESH_SELDOM_MS = 10_000;
/**
 * A server that owes an answer for this long hangs; where another one may take over, the connection is then given up.
 */
const HUNG_MS = 1_000;

export const REDIS_OPTIONS: Record<ConnectionRole, RedisOptions> = {
  commands: {
    enableOfflineQueue: false,
    // A commit whose reply was lost is reported as unknown; the client repeats it with its command_id. Sending it again
    // by ourselves could apply it twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 1_000,
  },
  blocking: { maxRetriesPerRequest: null, connectTimeout: 1_000 },
};

/** What a blocking connection waits for may take any time. */
const failoverOptions = (role: ConnectionRole): RedisOptions => ({
  ...REDIS_OPTIONS[role],
  ...(role === 'commands' ? { socketTimeout: HUNG_MS } : {}),
  disconnectTimeout: 200,
  // The server was demoted; nothing was written.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
});

/**
 * Connections to the nodes of a cluster come and go; losing the way to all of them is what the cluster's own options
 * are about.
 */
const CLUSTER_OPTIONS: Record<ConnectionRole, ClusterOptions> = {
  // No resending of what may have been executed, as above, and no waiting for a cluster that is down.
  commands: { enableOfflineQueue: false, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 },
  blocking: {},
};

export interface ConnectOptions {
  /** Subscribes to channels of shards. */
  subscriber?: boolean;
  /** False as soon as a lost connection shall not come back. */
  keepTrying?: () => boolean;
}

/** Opens a connection that comes back by itself. `name` shows up in the logs and in Redis' CLIENT LIST. */
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
      // Certificates are made out to names.
      ...(tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    });
  };
  return watch(open(), role, name, logger, keepTrying);
}

/** Of connections that can't be had until somebody mends REDIS_URL or what belongs to it, why. */
const refusals = new WeakMap<RedisClient, string>();

/**
 * The library would use database 0 instead, which may be somebody else's: the connection ends before it is ready, and
 * is tried again.
 */
function giveUpDatabase(redis: Redis, error: Error, logger: Logger): void {
  const refusal = `REDIS_URL: Redis refuses database ${redis.options.db}: ${error.message}`;
  refusals.set(redis, refusal);
  logger.error(refusal);
  redis.stream.destroy();
}

/** What Node says of a certificate that it does not believe, and of one whose authority it does not know. */
const CERTIFICATE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/;
const AUTHORITY = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** @throws ConfigError where Redis refuses the database that REDIS_URL names, or its certificate is not believed */
export function checkRefusal(redis: RedisClient): void {
  const refusal = refusals.get(redis);
  if (refusal !== undefined) throw new ConfigError(refusal);
}

/**
 * Logs losses and returns of a connection; without a listener an `error` event would end the process. A connection that
 * has ended although nobody said so is opened again: the library gives up when a failover is announced just while it
 * connects.
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
  // Not by the event `connecting`, which is told a tick later, maybe after it was closed.
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
    attend(redis as Cluster, role, () => closing);
    giveUpHungCheck(redis as Cluster);
  }
  return redis;
}

/**
 * Keeps a cluster's connections to its masters open: by itself one opens with the first command, and refuses others
 * meanwhile. And asks regularly who has which slots (which the library takes some 10 ms to digest): often for ten
 * seconds after a node was lost, and where nothing else would show that one hangs, since nothing is asked of it. Not by
 * the library's own `slotsRefreshInterval`, which goes on for ever where a connection is closed while it asks.
 */
function attend(cluster: Cluster, role: ConnectionRole, isClosing: () => boolean): void {
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
 * Before a cluster counts as ready, the library asks one of its masters, taken at random, whether all is well. Where
 * that one hangs, a blocking connection, whose commands may take any time, would wait for it for ever, and with it all
 * that is meant for the others: it connects anew instead, and asks another one.
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
 * Resolves when a connection can be used, and of a cluster every master that is not away.
 * @throws ConfigError when Redis does not answer within 10 s, refuses the database, or shows a certificate that is not
 * believed
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
