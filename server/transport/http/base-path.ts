import type { Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import { HttpRefusal } from './errors.ts';
import { PROBES } from './paths.ts';

/**
 * What a path is called within the service, which lies below `basePath` (`/timer`; empty: the site is its own);
 * undefined where it lies beside. It is known in one spelling only, so that a proxy can keep parts of it back by a
 * rule.
 */
export function pathWithin(basePath: string, path: string): string | undefined {
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}

/**
 * Has what lies below `basePath` served as if it lay at the root. Throws NOT_FOUND for what lies beside it, but for the
 * probes: orchestrators and load balancers ask the instance itself. The path without its slash leads to the page, which
 * finds its files by relative names.
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
