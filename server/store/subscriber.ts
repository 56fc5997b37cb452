import type { Logger } from '../observability/logger.ts';
import { batchCommands } from './batched-commands.ts';
import { connectRedis, type RedisClient } from './connection.ts';

/** A connection for subscriptions that knows which of them Redis has confirmed. */
export interface Subscriber {
  redis: RedisClient;
  /**
   * Resolves once Redis has confirmed the latest subscription to the channel; rejects if it was refused or never asked
   * for. Null if it is confirmed already.
   */
  subscribed(channel: string): Promise<void> | null;
}

/**
 * The sharded adapter subscribes to a room's channel without waiting, so a message that another instance sends right
 * after a join could be lost. This connection keeps the promise of each subscription, so that a join can wait for it. A
 * confirmed subscription costs nothing more.
 */
export function connectSubscriber(url: string, logger: Logger): Subscriber {
  const redis = connectRedis(url, 'blocking', 'subscriber', logger, { subscriber: true });
  batchCommands(redis);
  /** Null for those that are confirmed. */
  const standing = new Map<string, Promise<void> | null>();
  const ssubscribe = redis.ssubscribe.bind(redis) as (...channels: string[]) => Promise<unknown>;
  const sunsubscribe = redis.sunsubscribe.bind(redis) as (...channels: string[]) => Promise<unknown>;

  const subscribe = async (...channels: string[]): Promise<void> => {
    const confirmed = ssubscribe(...channels).then(() => undefined);
    for (const channel of channels) standing.set(channel, confirmed);
    try {
      await confirmed;
      for (const channel of channels) if (standing.get(channel) === confirmed) standing.set(channel, null);
    } catch (error) {
      // The adapter ignores this promise; callers of `subscribed` get the same rejection.
      logger.warn({ channels, err: error }, 'subscription refused');
    }
  };
  const unsubscribe = async (...channels: string[]): Promise<void> => {
    for (const channel of channels.flat()) standing.delete(channel);
    try {
      await sunsubscribe(...channels);
    } catch (error) {
      logger.debug({ channels, err: error }, 'not unsubscribed: the connection is gone, and the subscription with it');
    }
  };
  redis.ssubscribe = subscribe as typeof redis.ssubscribe;
  redis.sunsubscribe = unsubscribe as typeof redis.sunsubscribe;

  return {
    redis,
    subscribed(channel) {
      const confirmed = standing.get(channel);
      return confirmed === undefined ? Promise.reject(new Error(`no subscription to ${channel}`)) : confirmed;
    },
  };
}
