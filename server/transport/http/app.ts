import cors from '@koa/cors';
import Koa from 'koa';
import { koaBody } from 'koa-body';
import { CREATE_MAX_BYTES } from '#contract';
import { serveConsole } from './console.ts';
import { answerErrors, refuseMalformedUrls, refuseOtherBodies } from './errors.ts';
import { observeRequests } from './observe.ts';
import { type SessionRoutesOptions, sessionRoutes } from './session-routes.ts';
import { type SystemRoutesOptions, systemRoutes } from './system-routes.ts';

export interface HttpAppOptions extends SessionRoutesOptions, SystemRoutesOptions {
  allowsOrigin(origin: string | undefined): boolean;
  trustProxy: boolean;
  /** Folder of the built console page; undefined serves none. */
  consoleDir: string | undefined;
}

/** Everything that HTTP serves, in the order in which a request passes it. */
export function createHttpApp(options: HttpAppOptions): Koa {
  const app = new Koa({ proxy: options.trustProxy });
  const routers = [systemRoutes(options), sessionRoutes(options)];

  app.use(observeRequests(options.metrics, options.logger));
  app.use(answerErrors(options.handler, options.logger));
  app.use(cors({ origin: (ctx) => allowedOrigin(ctx.get('Origin'), options), keepHeadersOnError: true, exposeHeaders: ['X-Request-Id', 'Retry-After'] }));
  app.use(refuseMalformedUrls);
  app.use(refuseOtherBodies);
  app.use(koaBody({ urlencoded: false, text: false, jsonLimit: CREATE_MAX_BYTES }));
  for (const router of routers) app.use(router.routes());
  for (const router of routers) app.use(router.allowedMethods());
  if (options.consoleDir !== undefined) app.use(serveConsole(options.consoleDir));
  return app;
}

function allowedOrigin(origin: string, options: HttpAppOptions): string {
  return options.allowsOrigin(origin === '' ? undefined : origin) ? origin || '*' : '';
}
