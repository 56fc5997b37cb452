import type { Middleware } from 'koa';
import helmet from 'koa-helmet';
import { tellsOfSessions } from './paths.ts';

/** For answers that are no page: nothing in them may be run, fetched or framed. The pages set policies of their own. */
const NOTHING = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };

/**
 * What browsers should not do with our answers (https://owasp.org/www-project-secure-headers/), and caches with those
 * about sessions. That the site is on TLS for good is said over TLS only.
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
    // Afterwards the path is what it is called within the service (base-path.ts).
    if (tellsOfSessions(ctx.path)) ctx.set('Cache-Control', 'no-store');
  };
}
