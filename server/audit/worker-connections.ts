import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import { connectRedis, watch } from '../store/connection.ts';

/**
 * The connections of a BullMQ worker: the one we open and the one BullMQ makes out of it to wait for jobs. Both wait for Redis to return
 * for as long as it takes, until they are told to give up; BullMQ can't end them by itself while Redis is away.
 */
export class WorkerConnections {
  /** The one to hand to BullMQ. */
  readonly main: Redis;
  readonly #all: Redis[] = [];
  #givenUp = false;

  constructor(redisUrl: string, logger: Logger) {
    this.main = connectRedis(redisUrl, 'blocking', 'audit-worker', logger);
    const { retryStrategy } = this.main.options;
    this.main.options.retryStrategy = (attempt) => (this.#givenUp ? null : retryStrategy?.(attempt));
    const duplicate = this.main.duplicate.bind(this.main);
    this.main.duplicate = (options) => {
      const copy = watch(duplicate(options), 'audit-worker-blocking', logger);
      endsWhileReconnecting(copy);
      this.#all.push(copy);
      return copy;
    };
    this.#all.push(this.main);
  }

  /** A connection that is lost, now or later, ends at its next failure to connect instead of trying on; what waits for it is rejected. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Ends all connections at once. */
  end(): void {
    for (const connection of this.#all) connection.disconnect();
  }
}

/**
 * Told to disconnect between two attempts to connect, ioredis drops the next attempt and never says that it ended, for which BullMQ then waits for ever.
 * With this the attempt takes place: it ends the connection when it fails, and is disconnected when it succeeds.
 */
function endsWhileReconnecting(redis: Redis): void {
  const disconnect = redis.disconnect.bind(redis);
  redis.disconnect = (reconnect) => {
    if (redis.status === 'reconnecting') redis.once('connect', () => disconnect(reconnect));
    else disconnect(reconnect);
  };
}
