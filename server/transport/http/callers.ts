import type { Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import type { Callers } from '../origins.ts';
import { HttpRefusal } from './errors.ts';
import { PROBES, opensCode, tellsOfSessions } from './paths.ts';

/** Refuses requests to a host name that is not this server's. Throws FORBIDDEN. */
export function refuseOtherHosts(callers: Callers): Middleware {
  return async (ctx, next) => {
    if (!PROBES.has(ctx.path) && !callers.allowsHost(ctx.req)) {
      throw new HttpRefusal(refuse('FORBIDDEN', 'This server is not known by this name; see ALLOWED_HOSTS'));
    }
    await next();
  };
}

/**
 * Refuses requests about sessions that a page of an unlisted origin makes a browser send, before they have any effect.
 * Throws FORBIDDEN. CORS alone would only keep the page from reading the answer.
 */
export function refuseOtherPages(callers: Callers): Middleware {
  return async (ctx, next) => {
    if ((tellsOfSessions(ctx.path) || opensCode(ctx.path)) && !callers.allowsPage(ctx.req)) {
      throw new HttpRefusal(refuse('FORBIDDEN', 'Pages of this origin may not call; see CORS_ORIGIN'));
    }
    await next();
  };
}
