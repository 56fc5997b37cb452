import type { Logger } from '../observability/logger.ts';
import { connectRedis, type RedisClient, watch } from '../store/connection.ts';

/**
 * The connections of a BullMQ worker: the one we open and the one BullMQ makes out of it to wait for jobs. Both wait
 * for Redis to return for as long as it takes, until they are told to give up; BullMQ can't end them by itself while
 * Redis is away.
 */
export class WorkerConnections {
  /** The one to hand to BullMQ. */
  readonly main: RedisClient;
  readonly #all: RedisClient[] = [];
  #givenUp = false;

  constructor(redisUrl: string, logger: Logger) {
    const keepTrying = () => !this.#givenUp;
    this.main = connectRedis(redisUrl, 'blocking', 'audit-worker', logger, { keepTrying });
    const duplicate = this.main.duplicate.bind(this.main) as (...args: unknown[]) => RedisClient;
    this.main.duplicate = (...args: unknown[]) => {
      const copy = watch(duplicate(...args), 'blocking', 'audit-worker-blocking', logger, keepTrying);
      endsWhileReconnecting(copy);
      this.#all.push(copy);
      return copy as never;
    };
    this.#all.push(this.main);
  }

  /**
   * A connection that is lost, now or later, ends at its next failure to connect instead of trying on; what waits for
   * it is rejected.
   */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Ends all connections at once. */
  end(): void {
    for (const connection of this.#all) connection.disconnect();
  }
}

/**
 * Told to disconnect between two attempts to connect, ioredis drops the next attempt and never says that it ended, for
 * which BullMQ then waits for ever. With this the attempt takes place: it ends the connection when it fails, and is
 * disconnected when it succeeds.
 */
function endsWhileReconnecting(redis: RedisClient): void {
  const disconnect = redis.disconnect.bind(redis);
  redis.disconnect = (reconnect) => {
    if (redis.status === 'reconnecting') redis.once('connect', () => disconnect(reconnect));
    else disconnect(reconnect);
  };
}
