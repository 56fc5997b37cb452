import type { Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import { HttpRefusal } from './errors.ts';
import { PROBES } from './paths.ts';

/**
 * The path within the service for a path of the site; undefined if it is not below `basePath` (`/timer`; empty: all
 * paths are). Only one spelling is accepted, so that a proxy's rule can block parts of it.
 */
export function pathWithin(basePath: string, path: string): string | undefined {
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}

/**
 * Serves what is below `basePath` as if it were at the root. Throws NOT_FOUND for other paths, but not for the probes,
 * because orchestrators and load balancers ask the instance itself. The path without its slash redirects to the page,
 * whose files have relative names.
 */
export function serveBelow(basePath: string): Middleware {
  return async (ctx, next) => {
    const path = pathWithin(basePath, ctx.path);
    if (path !== undefined) ctx.path = path;
    else if (ctx.path === basePath && (ctx.method === 'GET' || ctx.method === 'HEAD')) {
      ctx.redirect(`${basePath}/${ctx.search}`);
      return;
    } else if (!PROBES.has(ctx.path)) {
      ctx.state['wayBack'] = `${basePath}/`;
      throw new HttpRefusal(refuse('NOT_FOUND', `This server is at ${basePath}/ (BASE_PATH)`));
    }
    await next();
  };
}
