import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Exposition } from '../../observability/exposition.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { TrustedProxies } from '../address.ts';
import type { CommandHandler } from '../command-handler.ts';
import type { Callers } from '../origins.ts';
import { refuseOtherHosts } from './callers.ts';
import { answerErrors } from './errors.ts';
import { observeRequests } from './observe.ts';
import { type Credentials, operatorsOnly, serveBoard, type SignIn } from './operators.ts';
import { securityHeaders } from './security-headers.ts';
import { closeAfterUnreadBodies } from './unread-bodies.ts';
import { ownPagesOnly } from './managers.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { feedRoutes } from './feed-routes.ts';
import type { Feed } from '../feed-port.ts';
import type { Webhooks } from '../webhook-port.ts';

/** What operators use: the metrics, the board and webhooks. */
export interface OperatorOptions {
  /** Undefined if no operator can sign in. */
  credentials: Credentials | undefined;
  /** The page of the audit queue; undefined if there is none. */
  board: Middleware | undefined;
  /** Whether reading the metrics needs the operators' password. */
  guardMetrics: boolean;
}

interface AppOptions {
  operator: OperatorOptions;
  exposition: Exposition;
  handler: CommandHandler;
  metrics: Metrics;
  logger: Logger;
  proxies: TrustedProxies;
  callers: Callers;
  /** Undefined where no trail is kept. */
  webhooks: Webhooks | undefined;
  /** Undefined where no trail is kept. */
  feed: Feed | undefined;
  /** Aborts when the instance closes. */
  closing: AbortSignal;
  now(): number;
}

/** The check of operators that these settings ask for. */
export function signInOf(operator: OperatorOptions, options: Pick<AppOptions, 'logger' | 'metrics' | 'proxies'>): SignIn | undefined {
  return operator.credentials && operatorsOnly(operator.credentials, options);
}

/** Serves the metrics and the board. */
export function serveOperators(app: Koa, { operator, exposition }: Pick<AppOptions, 'operator' | 'exposition'>, signIn?: SignIn): void {
  const { board, guardMetrics } = operator;
  // In one spelling only, so that a proxy's rule can block it.
  const router = new Router({ strict: true, sensitive: true });
  router.get('/metrics', async (ctx) => {
    if (guardMetrics) signIn?.(ctx);
    ctx.set('Cache-Control', 'no-store');
    ctx.type = exposition.contentType;
    ctx.body = await exposition.text();
  });
  if (board !== undefined && signIn !== undefined) app.use(serveBoard(board, signIn));
  app.use(router.routes());
  app.use(router.allowedMethods());
}

/** Everything that a port for operators serves. */
export function createOperatorApp(options: AppOptions): Koa {
  const app = new Koa({ proxy: options.proxies.hops > 0 });
  app.on('error', (error: Error) => options.logger.warn({ err: error.message }, 'answering an operator failed'));
  app.use(closeAfterUnreadBodies);
  app.use(observeRequests(options.metrics, options.logger, options.proxies));
  app.use(securityHeaders());
  app.use(answerErrors(options.handler, options.logger));
  app.use(refuseOtherHosts(options.callers));
  const signIn = signInOf(options.operator, options);
  serveOperators(app, options, signIn);
  app.use(ownPagesOnly(options.callers));
  app.use(webhookRoutes({ ...options, signIn, tokens: undefined }));
  app.use(feedRoutes({ ...options, signIn, tokens: undefined }));
  return app;
}
