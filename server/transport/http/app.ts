import cors from '@koa/cors';
import Koa from 'koa';
import { CONTRACT_HEADER } from '#contract';
import type { Exposition } from '../../observability/exposition.ts';
import type { TokenVerifier } from '../access/tokens.ts';
import type { ConnectionLimit } from '../connection-limit.ts';
import type { Callers } from '../origins.ts';
import type { Feed } from '../feed-port.ts';
import type { Webhooks } from '../webhook-port.ts';
import { authenticate } from './authenticate.ts';
import { serveBelow } from './base-path.ts';
import { refuseOtherHosts, refuseOtherPages } from './callers.ts';
import { leadToPage } from './code-page.ts';
import { serveConsole } from './console.ts';
import { type DocumentRoutesOptions, documentRoutes } from './document-routes.ts';
import { answerErrors, refuseMalformedUrls } from './errors.ts';
import { type GeneralLimitOptions, limitConnections, limitRequests } from './limit.ts';
import { CURSOR_HEADER } from './ndjson.ts';
import { keyRoutes } from './key-routes.ts';
import { observeRequests } from './observe.ts';
import { type OperatorOptions, serveOperators, signInOf } from './operator-app.ts';
import { securityHeaders } from './security-headers.ts';
import { reachRoute, type ReachRouteOptions } from './reach.ts';
import { type SessionRoutesOptions, sessionRoutes } from './session-routes.ts';
import { type SystemRoutesOptions, systemRoutes } from './system-routes.ts';
import { closeAfterUnreadBodies } from './unread-bodies.ts';
import { showWayBack } from './way-back.ts';
import { ownPagesOnly } from './managers.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { feedRoutes } from './feed-routes.ts';
import { refusePolling } from './websocket-only.ts';

export interface HttpAppOptions
  extends SessionRoutesOptions, SystemRoutesOptions, GeneralLimitOptions, DocumentRoutesOptions, ReachRouteOptions {
  callers: Callers;
  connectionLimit: ConnectionLimit;
  /** Undefined with AUTH_MODE=none. */
  tokens: TokenVerifier | undefined;
  /** Folder of the built console page; undefined serves none. */
  consoleDir: string | undefined;
  /** EMBED_ORIGINS: the origins whose pages may frame the console page, or `*`. */
  embedOrigins: readonly string[];
  /** Undefined if operators have a port of their own. */
  operator: OperatorOptions | undefined;
  exposition: Exposition;
  /** Undefined where no trail is kept. */
  webhooks: Webhooks | undefined;
  /** Undefined where no trail is kept. */
  feed: Feed | undefined;
  /** Aborts when the instance closes. */
  closing: AbortSignal;
  /** What is at /.well-known/synckairos-keys.json. */
  publishedKeys: object;
}

/** Codes of Node for a connection that the peer closed: nothing for an operator to mend. */
const CLIENT_GONE = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Everything that HTTP serves, in the order in which requests pass it. */
export function createHttpApp(options: HttpAppOptions): Koa {
  const app = new Koa({ proxy: options.proxies.hops > 0 });
  const routers = [
    ...systemRoutes(options),
    keyRoutes(options.publishedKeys),
    documentRoutes(options),
    reachRoute(options),
    sessionRoutes(options),
  ];

  // Errors outside our middleware; Koa would write them to standard error.
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (CLIENT_GONE.has(error.code ?? '')) options.logger.debug({ err: error.message }, 'a client left before it was answered');
    else options.logger.warn({ err: error.message }, 'answering a request failed');
  });
  app.use(closeAfterUnreadBodies);
  app.use(observeRequests(options.metrics, options.logger, options.proxies));
  app.use(securityHeaders());
  if (options.consoleDir !== undefined) app.use(showWayBack);
  app.use(answerErrors(options.handler, options.logger));
  if (options.basePath !== '') app.use(serveBelow(options.basePath));
  app.use(refuseOtherHosts(options.callers));
  // Before CORS, since pages of other origins must not read what is for operators.
  const { operator } = options;
  const signIn = operator && signInOf(operator, options);
  if (operator !== undefined) serveOperators(app, { ...options, operator }, signIn);
  app.use(ownPagesOnly(options.callers));
  app.use(
    cors({
      origin: (ctx) => allowedOrigin(ctx.get('Origin'), options.callers),
      keepHeadersOnError: true,
      exposeHeaders: [
        'X-Request-Id',
        'Retry-After',
        'WWW-Authenticate',
        'RateLimit-Limit',
        'RateLimit-Remaining',
        'RateLimit-Reset',
        CONTRACT_HEADER,
        CURSOR_HEADER,
      ],
    }),
  );
  app.use(limitConnections(options.connectionLimit));
  app.use(refusePolling);
  app.use(refuseOtherPages(options.callers));
  app.use(limitRequests(options));
  app.use(refuseMalformedUrls);
  app.use(webhookRoutes({ ...options, signIn }));
  app.use(feedRoutes({ ...options, signIn }));
  if (options.consoleDir !== undefined) app.use(leadToPage);
  if (options.tokens !== undefined) app.use(authenticate(options.tokens));
  for (const router of routers) app.use(router.routes());
  for (const router of routers) app.use(router.allowedMethods());
  if (options.consoleDir !== undefined) app.use(serveConsole(options.consoleDir, options.embedOrigins));
  return app;
}

/** The value of `Access-Control-Allow-Origin`; empty if the origin is not listed. */
function allowedOrigin(origin: string, callers: Callers): string {
  return callers.lists(origin) ? origin || '*' : '';
}
