import { listen } from '../listen.ts';
import { createExposition } from '../observability/exposition.ts';
import { consoleDir, SERVER_VERSION } from '../package-root.ts';
import { ping } from '../store/ping.ts';
import { NO_PROXIES } from '../transport/address.ts';
import { ConnectionLimit } from '../transport/connection-limit.ts';
import { createHttpApp } from '../transport/http/app.ts';
import { trackConnections } from '../transport/http/connections.ts';
import { createOperatorApp } from '../transport/http/operator-app.ts';
import { serve } from '../transport/http/server.ts';
import { callersOf } from '../transport/origins.ts';
import { createHttpServer } from '../util/http-server.ts';
import { publishedKeys } from '../webhooks/signing.ts';
import type { AuditPart } from './audit.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';
import type { GatewayPart } from './gateway.ts';
import type { OperatorsPart } from './operators.ts';
import type { RedisPart } from './redis.ts';
import type { WebhooksPart } from './webhooks.ts';

export type HttpPart = ReturnType<typeof openHttp>;

interface HttpNeeds {
  redis: RedisPart;
  clock: ClockPart;
  audit: AuditPart;
  webhooks: WebhooksPart;
  gateway: GatewayPart;
}

/** Creates the HTTP servers. Call `serve`, which sets the handlers, before `listen`. */
export function openHttp({ config, logger, metrics }: Base, { operator }: OperatorsPart) {
  const { BASE_PATH: basePath } = config;
  const callers = callersOf(config);
  const proxies = { hops: config.TRUST_PROXY, addressHeader: config.CLIENT_ADDRESS_HEADER };
  const server = createHttpServer();
  const connections = trackConnections(server);
  const connectionLimit = new ConnectionLimit(server, { limit: config.LIMIT_CONNECTIONS_PER_ADDRESS, proxies, metrics });
  const operatorServer = config.OPERATOR_PORT === undefined ? undefined : createHttpServer();
  const operatorConnections = operatorServer && trackConnections(operatorServer);
  let draining = false;
  const closing = new AbortController();
  let listeningAt: string | null = null;

  return {
    /** The HTTP server for clients; the gateway takes its upgrades to WebSocket. */
    server,
    connectionLimit,
    callers,
    proxies,
    /** Sets what answers requests. */
    serve({ redis, clock: { clock, now }, audit, webhooks, gateway: { handler, tokens, requestLimit } }: HttpNeeds): void {
      const readiness = async () => {
        const [redisHealth, databaseUp] = await Promise.all([ping(redis.commands, config.KEY_PREFIX), audit.trail?.ping()]);
        const checks = {
          redis: redisHealth,
          database: databaseUp === undefined ? 'off' : databaseUp ? 'ok' : 'degraded',
          audit: audit.status() ?? 'off',
        } as const;
        return { ready: redisHealth !== 'down' && !draining, checks };
      };
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
        tokens,
        publicUrl: config.PUBLIC_URL ?? null,
        listensAt: () => listeningAt,
        proxies,
        limit: requestLimit,
        connectionLimit,
        consoleDir: consoleDir(),
        embedOrigins: config.EMBED_ORIGINS,
        operator: operatorServer === undefined ? operator : undefined,
        exposition,
        webhooks: webhooks.endpoints,
        feed: audit.trail,
        closing: closing.signal,
        publishedKeys: publishedKeys(config.SIGNING_KEY),
      });
      serve(server, koa, handler);
      if (operatorServer === undefined) return;
      const operatorKoa = createOperatorApp({
        operator,
        exposition,
        handler,
        metrics,
        logger,
        proxies: NO_PROXIES,
        callers,
        webhooks: webhooks.endpoints,
        feed: audit.trail,
        closing: closing.signal,
        now,
      });
      serve(operatorServer, operatorKoa, handler);
    },
    /** Begins to listen. Throws ConfigError if a port cannot be used. */
    async listen(): Promise<{ url: string; operatorUrl: string | undefined }> {
      const operatorUrl = operatorServer && (await listen(operatorServer, 'OPERATOR_PORT', config));
      listeningAt = `${await listen(server, 'PORT', config)}${basePath}`;
      return { url: listeningAt, operatorUrl };
    },
    /** Becomes not ready, refuses new WebSockets, and ends each connection after its next answer. */
    drain(): void {
      draining = true;
      // Streams end, whose clients come back to another instance.
      closing.abort();
      connections.drain();
    },
    /** Stops listening and closes the connections. Resolves when they have ended. */
    async close(): Promise<void> {
      await Promise.all([connections.close(), operatorConnections?.close()]);
    },
  };
}
