import Router from '@koa/router';

/** How long clients may use a copy without asking again. */
const FRESH_SECONDS = 300;

/** Serves the public keys of this deployment (RFC 8615), by which whoever got something signed can check it. */
export function keyRoutes(keys: object): Router {
  const router = new Router();
  router.get('/.well-known/synckairos-keys.json', (ctx) => {
    ctx.set('Cache-Control', `public, max-age=${FRESH_SECONDS}`);
    ctx.body = keys;
  });
  return router;
}
