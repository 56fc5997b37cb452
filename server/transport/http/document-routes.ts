import { createHash } from 'node:crypto';
import Router from '@koa/router';
import { asyncApiDocument } from '../documents/asyncapi.ts';
import { openApiDocument } from '../documents/openapi.ts';

/** How long clients may use a copy without revalidating it. */
const FRESH_SECONDS = 300;

export interface DocumentRoutesOptions {
  serverVersion: string;
  /** The path of the service, without a slash at its end; may be empty. */
  basePath: string;
}

/**
 * Serves the machine-readable forms of the contract. They never change while a process runs, so each is made once, at
 * its first request.
 */
export function documentRoutes({ serverVersion, basePath }: DocumentRoutesOptions): Router {
  const router = new Router();
  for (const [path, write] of [
    ['/v1/openapi.json', openApiDocument],
    ['/v1/asyncapi.json', asyncApiDocument],
  ] as const) {
    let text: string | undefined;
    router.get(path, (ctx) => {
      text ??= JSON.stringify(write(serverVersion, basePath));
      ctx.type = 'application/json';
      ctx.set('Cache-Control', `public, max-age=${FRESH_SECONDS}`);
      ctx.etag = createHash('sha256').update(text).digest('base64url');
      ctx.body = text;
      if (ctx.fresh) ctx.status = 304;
    });
  }
  return router;
}
