import { Redis, type RedisOptions as AllRedisOptions } from 'ioredis';
import type { Logger } from '../observability/logger.ts';

/**
 * What a connection is used for decides how it behaves in an outage:
 * `commands` fails at once, so that a client hears of it within two seconds; `blocking` waits for Redis to return, as BullMQ's workers and subscriptions must.
 */
export type ConnectionRole = 'commands' | 'blocking';

// The library types `replyMapping` so that exactOptionalPropertyTypes refuses its own options; nothing here uses it.
export type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

const RECONNECT_STEP_MS = 50;
const RECONNECT_MAX_MS = 1_000;

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

/** Options for a connection that comes back by itself. */
export function redisOptions(role: ConnectionRole, name: string): RedisOptions {
  return {
    ...REDIS_OPTIONS[role],
    connectionName: `synckairos-${name}`,
    retryStrategy: (attempt) => Math.min(attempt * RECONNECT_STEP_MS, RECONNECT_MAX_MS),
  };
}

/** Logs losses and returns of a connection; without a listener an `error` event would end the process. */
export function watch<Client extends Redis>(redis: Client, name: string, logger: Logger): Client {
  redis.on('error', (error: Error) => logger.warn({ connection: name, err: error.message }, 'redis connection error'));
  redis.on('ready', () => logger.debug({ connection: name }, 'redis connection ready'));
  return redis;
}

/** Opens a connection to Redis. `name` shows up in the logs and in Redis' CLIENT LIST. */
export function connectRedis(url: string, role: ConnectionRole, name: string, logger: Logger): Redis {
  return watch(new Redis(url, redisOptions(role, name)), name, logger);
}

/** How long Redis may take to answer when an instance starts. */
const START_TIMEOUT_MS = 10_000;

/** Resolves when a connection can be used; rejects when that takes longer than 10 s. */
export async function whenReady(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('REDIS_URL: no Redis answers there')), START_TIMEOUT_MS);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
