/** The thread that makes marks of life in place of an event loop that is blocked (watchdog.ts). It ends when the loop is back. */
import { setTimeout as wait } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { createLogger } from '../observability/logger.ts';
import { connectRedis } from './connection.ts';
import { mark } from './marks.ts';
import type { WatchdogData } from './watchdog.ts';

const MARK_INTERVAL_MS = 500;
const CONNECTING_MS = 10;

const { redisUrl, keyPrefix, logLevel, instance, stamps, seen } = workerData as WatchdogData & { seen: number };
const isBlocked = () => Atomics.load(stamps, 0) === seen;

const logger = createLogger(logLevel, instance);
const redis = connectRedis(redisUrl, 'commands', 'stand-in', logger, { keepTrying: isBlocked });
logger.warn('the event loop is blocked; another thread says that this instance is alive');
while (isBlocked()) {
  const marked =
    redis.status === 'ready' && (await mark(redis, keyPrefix).catch((error: unknown) => logger.debug({ err: error }, 'no mark of life')));
  await wait(marked ? MARK_INTERVAL_MS : CONNECTING_MS);
}
redis.disconnect();
