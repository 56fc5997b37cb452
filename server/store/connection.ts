import { Cluster, type ClusterOptions, Redis, type RedisOptions as AllRedisOptions } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import { parseRedisUrl } from '../redis-url.ts';

/** A connection to Redis, whichever of its forms: one server, the master that Sentinels name, a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * What a connection is used for decides how it behaves in an outage:
 * `commands` fails at once, so that a client hears of it within two seconds; `blocking` waits for Redis to return, as BullMQ's workers and subscriptions must.
 */
export type ConnectionRole = 'commands' | 'blocking';

// The library types `replyMapping` so that exactOptionalPropertyTypes refuses its own options; nothing here uses it.
export type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

const RECONNECT_STEP_MS = 50;
const RECONNECT_MAX_MS = 1_000;
/** Where another server may take over, it is looked for sooner. */
const FAILOVER_RECONNECT_MAX_MS = 250;
/** A server that owes an answer for this long hangs; where another one may take over, the connection is then given up. */
const HUNG_MS = 1_000;

export const REDIS_OPTIONS: Record<ConnectionRole, RedisOptions> = {
  commands: {
    enableOfflineQueue: false,
    // A commit whose reply was lost is reported as unknown; the client repeats it with its command_id. Sending it again by ourselves could apply it twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
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

/** Connections to the nodes of a cluster come and go; losing the way to all of them is what the cluster's own options are about. */
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
  const retry = (longest: number) => (attempt: number) => (keepTrying() ? Math.min(attempt * RECONNECT_STEP_MS, longest) : null);
  const open = (): RedisClient => {
    if (address.form === 'single') {
      return new Redis(address.url, { ...REDIS_OPTIONS[role], connectionName, retryStrategy: retry(RECONNECT_MAX_MS) });
    }
    const { tls, ...access } = address.access;
    const options = { ...failoverOptions(role), ...access, connectionName };
    const retryStrategy = retry(FAILOVER_RECONNECT_MAX_MS);
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
      slotsRefreshInterval: 1_000,
      shardedSubscribers: subscriber,
      redisOptions: { ...options, ...(tls ? { tls: {} } : {}) },
      // Certificates are made out to names.
      ...(tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    });
  };
  return watch(open(), name, logger, keepTrying);
}

/**
 * Logs losses and returns of a connection; without a listener an `error` event would end the process. A connection that has ended although nobody said so is
 * opened again: the library gives up when a failover is announced just while it connects.
 */
export function watch<Client extends RedisClient>(redis: Client, name: string, logger: Logger, keepTrying: () => boolean): Client {
  redis.on('error', (error: Error) => logger.warn({ connection: name, err: error.message }, 'redis connection error'));
  redis.on('ready', () => logger.debug({ connection: name }, 'redis connection ready'));
  let closing = false;
  const disconnect = redis.disconnect.bind(redis);
  redis.disconnect = (reconnect) => {
    closing ||= reconnect !== true;
    disconnect(reconnect);
  };
  redis.on('connecting', () => {
    closing = false;
  });
  redis.on('end', () => {
    setTimeout(() => {
      if (!closing && keepTrying() && redis.status === 'end') redis.connect().catch(() => {});
    }, RECONNECT_STEP_MS);
  });
  if (redis.isCluster) openMasters(redis as Cluster);
  return redis;
}

/** By itself a cluster's connection to a node opens with the first command, and refuses others meanwhile. */
function openMasters(cluster: Cluster): void {
  cluster.on('+node', (node: Redis) => {
    if (node.options.readOnly !== true && node.status === 'wait') node.connect().catch(() => {});
  });
}

/** How long Redis may take to answer when an instance starts. */
const START_TIMEOUT_MS = 10_000;

/** Resolves when a connection can be used; rejects when that takes longer than 10 s. */
export async function whenReady(redis: RedisClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('REDIS_URL: no Redis answers there')), START_TIMEOUT_MS);
  });
  const ready = async (client: RedisClient) => {
    if (client.status !== 'ready') await new Promise<void>((resolve) => client.once('ready', resolve));
  };
  try {
    await Promise.race([late, ready(redis)]);
    if (redis.isCluster) await Promise.race([late, Promise.all((redis as Cluster).nodes('master').map(ready))]);
  } finally {
    clearTimeout(timer);
  }
}
