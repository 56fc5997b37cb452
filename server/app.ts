import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { openAudit } from './audit/parts.ts';
import type { Config } from './config.ts';
import { SCHEMA, type Schema } from './domain/schema.ts';
import { RedisClock } from './engine/clock.ts';
import { createEngine } from './engine/create-engine.ts';
import { SessionCache } from './engine/session-cache.ts';
import type { SessionLife } from './engine/life.ts';
import { listen } from './listen.ts';
import { openOperators } from './operators.ts';
import { createExposition } from './observability/exposition.ts';
import { createLogger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { consoleDir, SERVER_VERSION } from './package-root.ts';
import { databaseOf } from './redis-url.ts';
import { connectAll } from './store/connections.ts';
import { createLimits } from './store/limits.ts';
import { createGrants } from './store/grants.ts';
import { createOutbox } from './store/outbox.ts';
import { type Keeping, watchKeeping } from './store/keeping.ts';
import { watchEviction } from './store/eviction.ts';
import { reachable } from './store/reachable.ts';
import { ping } from './store/ping.ts';
import { createKeys } from './store/keys.ts';
import { openMarks } from './store/marks.ts';
import { createPresence } from './store/presence.ts';
import { createSessionStore } from './store/session-store.ts';
import { followSkew, type Skew } from './store/skew.ts';
import { timeAt } from './store/time.ts';
import { LINKS_MAX } from '#contract';
import { openAccess } from './transport/access/open.ts';
import { CommandHandler } from './transport/command-handler.ts';
import { createHttpApp } from './transport/http/app.ts';
import { createOperatorApp } from './transport/http/operator-app.ts';
import { trackConnections } from './transport/http/connections.ts';
import { serve } from './transport/http/server.ts';
import { createHttpServer } from './util/http-server.ts';
import { MessageCredits } from './transport/message-limit.ts';
import { callersOf } from './transport/origins.ts';
import { NO_PROXIES } from './transport/address.ts';
import { ConnectionLimit } from './transport/connection-limit.ts';
import { Attendance } from './transport/socket/attendance.ts';
import { Admission } from './transport/socket/admission.ts';
import { ChangeRelay } from './transport/socket/change-relay.ts';
import { announceClosing, attachGateway, closeIo, createIo } from './transport/socket/gateway.ts';
import { acceptHandshakes } from './transport/socket/handshake.ts';
import { Healing } from './transport/socket/healing.ts';
import { audienceOf, createRooms } from './transport/socket/rooms.ts';
import { channelPrefixOf, SessionAdapter } from './transport/socket/session-adapter.ts';

/** How long it is known of a session that somebody was connected, beyond the time after which it ends without. */
const PRESENCE_KEPT_MS = 86_400_000;

/** A running instance. */
export interface App {
  /** Where clients connect. */
  url: string;
  /** Where operators do, if they have a port of their own. */
  operatorUrl: string | undefined;
  /**
   * Is not ready any more, tells clients, finishes commands in hand, closes sockets, stops listening, hands the trail over, then closes Redis and PostgreSQL.
   * Safe to call twice.
   */
  close(): Promise<void>;
}

/**
 * Composes and starts one instance. Throws when Redis can't be reached or the port is taken; nothing stays open then.
 * @param schema the forms of stored states that it knows; tests let versions meet that differ in it
 */
export async function createApp(config: Config, schema: Schema = SCHEMA): Promise<App> {
  const instance = String(process.pid);
  const logger = createLogger(config.LOG_LEVEL, instance);
  const metrics = createMetrics();
  const redis = connectAll(config.REDIS_URL, logger);
  const clock = new RedisClock(() => timeAt(redis.clock, createKeys(config.KEY_PREFIX).clock), logger, metrics);
  const now = () => clock.now();
  let skew: Skew;
  let eviction: { close(): void };
  let keeping: Keeping | undefined;
  const idleMs = config.SESSION_TTL_SECONDS * 1000;
  try {
    await redis.ready();
    await clock.start();
    skew = await followSkew(redis.clock, config.KEY_PREFIX, now);
    eviction = await watchEviction(redis.outbox, logger, metrics);
    if (config.AUDIT_WORKER !== 'none') keeping = await watchKeeping(redis.commands, { keyPrefix: config.KEY_PREFIX, idleMs, now });
  } catch (error) {
    redis.disconnect();
    throw error;
  }

  const store = createSessionStore(redis.commands, config.KEY_PREFIX, schema, skew);
  const audit = openAudit(config, { outbox: createOutbox(redis.outbox, config.KEY_PREFIX), logger, metrics, now, schema });
  const { trail } = audit;
  const limits = createLimits(redis.commands, config, { store, now });
  const callers = callersOf(config);
  const { BASE_PATH: basePath } = config;
  const proxies = { hops: config.TRUST_PROXY, addressHeader: config.CLIENT_ADDRESS_HEADER };

  const http = createHttpServer();
  const connections = trackConnections(http);
  const { LIMIT_CONNECTIONS_PER_ADDRESS: limit } = config;
  const connectionLimit = new ConnectionLimit(http, { limit, proxies, metrics });
  const cache = new SessionCache();
  const adapter = new SessionAdapter({
    publisher: redis.publisher,
    subscriber: redis.subscriber.redis,
    channelPrefix: channelPrefixOf(config.KEY_PREFIX, databaseOf(config.REDIS_URL)),
    schema,
    heard: (update, facts) => ('changes' in update ? cache.follow(update, facts) : cache.refresh({ ...update, ...facts })),
  });
  const io = createIo(adapter);
  const idleRunMs = config.SESSION_MAX_IDLE_RUN_SECONDS * 1000;
  const presence = createPresence(redis.commands, config.KEY_PREFIX, idleRunMs + PRESENCE_KEPT_MS);
  const { engine, archive, ...deadlines } = createEngine({
    store,
    // Not where sessions are read and written: an instance that has much to wait for there is alive.
    marks: openMarks(
      redis.clock,
      { redisUrl: config.REDIS_URL, keyPrefix: config.KEY_PREFIX, logLevel: config.LOG_LEVEL, instance },
      logger,
    ),
    rooms: createRooms(io, { adapter, schema, now, metrics }),
    trail,
    departures: keeping && { keptSince: keeping.since, completeUntil: (id) => reachable(() => audit.completeUntil(id)) },
    clock,
    cache,
    presence,
    idleMs,
    idleRunMs,
    graceMs: config.EXPIRY_GRACE_MS,
    audit: config.AUDIT_WORKER !== 'none',
    metrics,
    logger,
  });
  const asked = openAccess(config, createGrants(redis.commands, config.KEY_PREFIX, LINKS_MAX), now, logger);
  const evict = (linkId: string) => admission?.evict(linkId);
  const audience = (session: SessionLife) => audienceOf(io, session);
  const messages = config.RATE_LIMIT_SOCKET === 0 ? undefined : new MessageCredits(config.RATE_LIMIT_SOCKET, metrics);
  const handler = new CommandHandler(
    { engine, archive, clock, trail, limits: { ...limits, messages }, access: asked?.access, evict, audience, metrics },
    logger,
  );
  const admission = asked && new Admission({ ...asked, io, handler, now, logger });
  const healing = new Healing({ io, store, archive, now, logger, metrics });
  const subscribed = (room: string) => redis.subscriber.subscribed(adapter.channelOf(room));
  const socketLimits = { connectionLimit, socketLimit: config.RATE_LIMIT_SOCKET, sessionSocketLimit: config.LIMIT_SOCKETS_PER_SESSION };
  const load = async (sessionId: string) => (await store.load(sessionId)).session?.state ?? null;
  const changes = new ChangeRelay({ io, adapter, load, told: (room, event) => healing.told(room, event), logger });
  acceptHandshakes(http, io, { basePath, handler, callers, connectionLimit });
  const remembered = (sessionId: string) => cache.get(sessionId);
  attachGateway(io, {
    adapter,
    handler,
    remembered,
    changes,
    now,
    subscribed,
    healing,
    admission,
    logger,
    metrics,
    proxies,
    ...socketLimits,
  });
  healing.start();
  const attendance = idleRunMs === 0 ? undefined : new Attendance({ io, store, presence, idleRunMs, now, logger });
  attendance?.start();
  admission?.start();

  let closing: Promise<void> | undefined;
  const readiness = async () => {
    const [redisHealth, databaseUp] = await Promise.all([
      ping(redis.commands, config.KEY_PREFIX),
      trail === undefined ? true : trail.ping(),
    ]);
    const checks = {
      redis: redisHealth,
      database: trail === undefined ? 'off' : databaseUp ? 'ok' : 'degraded',
      audit: audit.status() ?? 'off',
    } as const;
    return { ready: redisHealth !== 'down' && closing === undefined, checks };
  };
  const { board, operator } = openOperators(config, logger);
  const operatorHttp = config.OPERATOR_PORT === undefined ? undefined : createHttpServer();
  const exposition = createExposition(metrics, readiness);
  const koa = createHttpApp({
    handler,
    now,
    errorBound: () => clock.errorBound(),
    readiness,
    serverVersion: SERVER_VERSION,
    basePath,
    metrics,
    logger,
    callers,
    tokens: asked?.tokens,
    proxies,
    limit: limits.general,
    connectionLimit,
    consoleDir: consoleDir(),
    operator: operatorHttp === undefined ? operator : undefined,
    exposition,
  });
  serve(http, koa, handler);
  if (operatorHttp !== undefined)
    serve(operatorHttp, createOperatorApp({ operator, exposition, handler, metrics, logger, proxies: NO_PROXIES, callers }), handler);
  const operatorConnections = operatorHttp && trackConnections(operatorHttp);

  const close = async () => {
    logger.info('closing');
    const drained = wait(Math.min(config.SHUTDOWN_DRAIN_MS, config.SHUTDOWN_TIMEOUT_MS / 2));
    connections.drain();
    announceClosing(io);
    await handler.close();
    // The last answers are on their way out when the event loop has come round.
    await setImmediate();
    closeIo(io);
    await drained;
    await Promise.all([connections.close(), operatorConnections?.close()]);
    await Promise.all([
      healing.close(),
      attendance?.close(),
      admission?.close(),
      deadlines.close(),
      skew.close(),
      keeping?.close(),
      clock.close(),
    ]);
    await Promise.all([audit.close(), board?.close()]);
    eviction.close();
    redis.disconnect();
    logger.info('closed');
  };
  const closeOnce = () => (closing ??= close());

  try {
    await deadlines.start();
    const operatorUrl = operatorHttp && (await listen(operatorHttp, 'OPERATOR_PORT', config));
    const url = `${await listen(http, 'PORT', config)}${basePath}`;
    logger.info({ url, operatorUrl, version: SERVER_VERSION }, 'listening');
    return { url, operatorUrl, close: closeOnce };
  } catch (error) {
    await closeOnce();
    throw error;
  }
}
