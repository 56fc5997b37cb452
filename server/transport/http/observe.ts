import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { CONTRACT_HEADER, CONTRACT_VERSION, ID_PATTERN } from '#contract';
import { matchedRoute } from '../../internals/koa-router.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { clientAddress, type TrustedProxies } from '../address.ts';
import { BOARD_PATH } from './operators.ts';
import { opensCode } from './paths.ts';
import { isSocketPath } from './websocket-only.ts';

/** Not logged, since probes and scrapes come every few seconds. */
const NOT_LOGGED: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);

/** Gives each request an id, counts and times it by the pattern of its route, and logs it. */
export function observeRequests(metrics: Metrics, logger: Logger, proxies: TrustedProxies): Middleware {
  return async (ctx, next) => {
    ctx.request.ip = clientAddress(ctx.req, proxies);
    const started = performance.now();
    const given = ctx.get('X-Request-Id');
    const requestId = ID_PATTERN.test(given) ? given : randomUUID();
    ctx.state['requestId'] = requestId;
    ctx.set('X-Request-Id', requestId);
    ctx.set(CONTRACT_HEADER, String(CONTRACT_VERSION));
    try {
      await next();
    } finally {
      const took = performance.now() - started;
      const { method, status } = ctx;
      const route = routeOf(ctx);
      metrics.httpRequests.inc({ method, route, status_code: status });
      metrics.httpDuration.observe({ method, route }, took);
      if (!NOT_LOGGED.has(ctx.path)) {
        const session = (ctx as { params?: { id?: string } }).params?.id;
        // A code in a log would let in whoever reads the log.
        const path = opensCode(ctx.path) ? route : ctx.path;
        const took_ms = Math.round(took * 10) / 10;
        // Frequent requests must not fill the log: refusals of a limit, which are counted, polling, which is never
        // served, and guesses of a password.
        const isQuiet = status === 429 || isSocketPath(ctx.path) || (status === 401 && route === BOARD_PATH);
        const level = isQuiet ? 'debug' : 'info';
        logger[level]({ request: requestId, session, method, path, status, took_ms, ip: ctx.ip }, 'request');
      }
    }
  };
}

/** The pattern of the route that answered; never the path itself, which would make each id a label. */
function routeOf(ctx: Context): string {
  // A part with routing of its own sets its name.
  if (typeof ctx.state['route'] === 'string') return ctx.state['route'];
  return matchedRoute(ctx) ?? (ctx.state['isConsole'] === true ? 'console' : 'unmatched');
}
