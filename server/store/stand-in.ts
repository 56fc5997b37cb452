import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { createLogger } from '../observability/logger.ts';
import { connectRedis } from './connection.ts';
import { mark } from './marks.ts';
import type { WatchdogOptions } from './watchdog.ts';

const MARK_INTERVAL_MS = 500;
const CONNECTING_MS = 10;

/**
 * Writes marks of life while the event loop is blocked, over a connection of its own. Resolves when the loop is back.
 * Runs in the thread of watchdog.ts.
 */
export async function markWhile(isBlocked: () => boolean, { redisUrl, keyPrefix, logLevel, instance }: WatchdogOptions): Promise<void> {
  const logger = createLogger(logLevel, instance);
  const redis = connectRedis(redisUrl, 'commands', 'stand-in', logger, { keepTrying: isBlocked });
  logger.warn('the event loop is blocked; another thread says that this instance is alive');
  while (isBlocked()) {
    const isReady = redis.status === 'ready';
    if (isReady) await mark(redis, keyPrefix).catch((error: unknown) => logger.debug({ err: error }, 'no mark of life'));
    await wait(isReady ? MARK_INTERVAL_MS : CONNECTING_MS);
  }
  // The thread sleeps after this, so the connection must be closed completely.
  const ended = redis.status === 'end' ? undefined : once(redis, 'end');
  redis.disconnect();
  await ended;
}
