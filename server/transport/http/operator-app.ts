import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Exposition } from '../../observability/exposition.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { CommandHandler } from '../command-handler.ts';
import { answerErrors } from './errors.ts';
import { observeRequests } from './observe.ts';
import { type Credentials, operatorsOnly, serveBoard } from './operators.ts';
import { securityHeaders } from './security-headers.ts';

/** What is for operators: the metrics and the board. */
export interface OperatorOptions {
  /** Undefined where no operator can sign in. */
  credentials: Credentials | undefined;
  /** The queue of the audit trail; undefined where there is none to look at. */
  board: Middleware | undefined;
  /** Whether the metrics are for those who sign in. */
  guardMetrics: boolean;
}

interface AppOptions {
  operator: OperatorOptions;
  exposition: Exposition;
  handler: CommandHandler;
  metrics: Metrics;
  logger: Logger;
  trustProxy: boolean;
}

/** Lets an app serve what is for operators. */
export function serveOperators(app: Koa, { operator, exposition, logger }: Pick<AppOptions, 'operator' | 'exposition' | 'logger'>): void {
  const { credentials, board, guardMetrics } = operator;
  const signIn = guardMetrics && credentials !== undefined ? operatorsOnly(credentials, logger) : () => {};
  const router = new Router();
  router.get('/metrics', async (ctx) => {
    signIn(ctx);
    ctx.type = exposition.contentType;
    ctx.body = await exposition.text();
  });
  if (board !== undefined && credentials !== undefined) app.use(serveBoard(board, credentials, logger));
  app.use(router.routes());
  app.use(router.allowedMethods());
}

/** All that a port for operators serves. */
export function createOperatorApp(options: AppOptions): Koa {
  const app = new Koa({ proxy: options.trustProxy, maxIpsCount: 1 });
  app.on('error', (error: Error) => options.logger.warn({ err: error.message }, 'answering an operator failed'));
  app.use(observeRequests(options.metrics, options.logger));
  app.use(securityHeaders());
  app.use(answerErrors(options.handler, options.logger));
  serveOperators(app, options);
  return app;
}
