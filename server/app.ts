import { setTimeout as wait } from 'node:timers/promises';
import { openAudit } from './app/audit.ts';
import { createBase } from './app/base.ts';
import { openClock } from './app/clock.ts';
import { openEngine } from './app/engine.ts';
import { openGateway } from './app/gateway.ts';
import { openHttp } from './app/http.ts';
import { openOperators } from './app/operators.ts';
import { openRedis } from './app/redis.ts';
import { openRooms } from './app/rooms.ts';
import { openWebhooks } from './app/webhooks.ts';
import type { Config } from './config.ts';
import { SCHEMA, type Schema } from './domain/schema.ts';
import { SERVER_VERSION } from './package-root.ts';

/** A running instance. */
export interface App {
  /** Where clients connect. */
  url: string;
  /** Where operators connect, if they have a port of their own. */
  operatorUrl: string | undefined;
  /**
   * Becomes not ready, tells clients, finishes running commands, closes sockets, stops listening, hands over the trail,
   * then closes Redis and PostgreSQL. Safe to call twice.
   */
  close(): Promise<void>;
}

/**
 * Composes and starts one instance. Throws when Redis does not answer or the port is taken; nothing stays open then.
 * @param schema the forms of stored states that the instance knows; tests run versions side by side that differ in it
 */
export async function createApp(config: Config, schema: Schema = SCHEMA): Promise<App> {
  const base = createBase(config, schema);
  const { logger } = base;
  const redis = await openRedis(base);
  const clock = await openClock(base, redis).catch((error: unknown) => {
    redis.close();
    throw error;
  });
  const webhooks = openWebhooks(base, clock);
  const audit = await openAudit(base, redis, clock, webhooks);
  const rooms = openRooms(base, redis, clock);
  const engine = openEngine(base, { redis, clock, audit, rooms });
  const operators = await openOperators(base);
  const http = openHttp(base, operators);
  const gateway = openGateway(base, { redis, clock, audit, rooms, engine, http });
  http.serve({ redis, clock, audit, webhooks, gateway });

  const close = async () => {
    logger.info('closing');
    const drained = wait(Math.min(config.SHUTDOWN_DRAIN_MS, config.SHUTDOWN_TIMEOUT_MS / 2));
    http.drain();
    await gateway.drain();
    await drained;
    await http.close();
    // Side by side, since each waits for Redis, which may hang.
    await Promise.all([gateway.close(), engine.close(), clock.close()]);
    await Promise.all([audit.close(), webhooks.close(), operators.close()]);
    redis.close();
    logger.info('closed');
  };
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= close());

  try {
    await engine.start();
    const urls = await http.listen();
    logger.info({ ...urls, version: SERVER_VERSION }, 'listening');
    return { ...urls, close: closeOnce };
  } catch (error) {
    await closeOnce();
    throw error;
  }
}
