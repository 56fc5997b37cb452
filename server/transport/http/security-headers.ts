import type { Middleware } from 'koa';
import helmet from 'koa-helmet';
import { opensCode, tellsOfSessions } from './paths.ts';

/** For answers that are not a page: nothing in them may be run, fetched or framed. Pages set their own policies. */
const NOTHING = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };

/**
 * Sets the headers that restrict what browsers do with answers (https://owasp.org/www-project-secure-headers/), and
 * keeps answers about sessions out of caches. `Strict-Transport-Security` is sent over TLS only.
 */
export function securityHeaders(): Middleware {
  const options = {
    contentSecurityPolicy: { useDefaults: false, directives: NOTHING },
    referrerPolicy: { policy: 'no-referrer' as const },
    xFrameOptions: { action: 'deny' as const },
  };
  const plain = helmet({ ...options, strictTransportSecurity: false });
  const secure = helmet(options);
  return async (ctx, next) => {
    await (ctx.secure ? secure : plain)(ctx, next);
    // After `next` the path is the one within the service (base-path.ts).
    if (tellsOfSessions(ctx.path) || opensCode(ctx.path)) ctx.set('Cache-Control', 'no-store');
  };
}
