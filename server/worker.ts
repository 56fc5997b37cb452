import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { type AuditWriter, startAuditWriter } from './audit/audit-writer.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { RedisClock } from './engine/clock.ts';
import { listen } from './listen.ts';
import { createLogger, logCrashes } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { serveProbes } from './observability/probes.ts';
import { onStopSignal } from './signals.ts';
import { checkRefusal, connectRedis, type RedisClient } from './store/connection.ts';
import { watchEviction } from './store/eviction.ts';
import { createKeys } from './store/keys.ts';
import { createOutbox } from './store/outbox.ts';
import { ping } from './store/ping.ts';
import { timeAt } from './store/time.ts';
import { SERVER_VERSION } from './package-root.ts';
import { createHttpServer } from './util/http-server.ts';
import { Deliverer } from './webhooks/deliverer.ts';
import { webhookSettings } from './webhooks/settings.ts';

const REDIS_RETRY_MS = 200;

/**
 * `npm run start:worker`: only the audit worker; answers probes at WORKER_PORT if that is set. Carries events from the
 * outbox in Redis to PostgreSQL until SIGTERM or SIGINT.
 */
async function main(): Promise<void> {
  const { config, databaseUrl } = configuration();
  const stop = new AbortController();
  onStopSignal(config.SHUTDOWN_TIMEOUT_MS, () => stop.abort());

  const logger = createLogger(config.LOG_LEVEL, `${process.pid}`);
  logCrashes(logger);
  const metrics = createMetrics();
  const redis = connectRedis(config.REDIS_URL, 'commands', 'audit-outbox', logger);
  const clock = new RedisClock(() => timeAt(redis, createKeys(config.KEY_PREFIX).clock), logger, metrics);
  let writer: AuditWriter | undefined;
  const probes = createHttpServer();
  serveProbes(probes, {
    metrics,
    readiness: async () => {
      const redisHealth = await ping(redis, config.KEY_PREFIX);
      const audit = writer?.status() ?? 'down';
      return { ready: redisHealth !== 'down' && audit !== 'down' && !stop.signal.aborted, checks: { redis: redisHealth, audit } };
    },
  });
  if (config.WORKER_PORT !== undefined) logger.info({ url: await listen(probes, 'WORKER_PORT', config) }, 'listening for probes');
  if (await starts(clock, redis, stop.signal)) {
    const { REDIS_URL: redisUrl, KEY_PREFIX: keyPrefix, AUDIT_RETENTION_DAYS: retentionDays } = config;
    const common = { redisUrl, keyPrefix, databaseUrl, logger, metrics, now: () => clock.now() };
    const deliverer = new Deliverer({ ...common, settings: webhookSettings(config, SERVER_VERSION) });
    const owed = (endpointIds: string[]) => deliverer.poke(endpointIds);
    writer = startAuditWriter({ ...common, outbox: createOutbox(redis, keyPrefix), retentionDays, owed });
    const eviction = await watchEviction(redis, logger, metrics);
    logger.info('audit worker started');
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    logger.info('audit worker stopping');
    eviction.close();
    await Promise.all([writer.close(), deliverer.close()]);
  }
  await clock.close();
  probes.close();
  probes.closeAllConnections();
  redis.disconnect();
}

/** Reads the settings. AUDIT_WORKER is for servers only; this process always carries the trail. */
function configuration(): { config: Config; databaseUrl: string } {
  const config = loadConfig({ ...process.env, AUDIT_WORKER: 'off' }, 'worker');
  if (config.DATABASE_URL === undefined) throw new ConfigError('DATABASE_URL must be set');
  return { config, databaseUrl: config.DATABASE_URL };
}

/**
 * Waits for Redis, however long it takes; false when told to stop before.
 * @throws ConfigError if Redis refuses the database or has a certificate that Node does not trust
 */
async function starts(clock: RedisClock, redis: RedisClient, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await clock.start();
      return true;
    } catch {
      checkRefusal(redis);
      // The connection logs why.
      await wait(REDIS_RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error instanceof ConfigError ? error.message : `Could not start: ${error.message}`);
  process.exit(1);
}
