import type { Middleware } from 'koa';
import { bearerOf } from '../access/bearer.ts';
import type { TokenVerifier } from '../access/tokens.ts';
import { HttpRefusal } from './errors.ts';
import { tellsOfSessions } from './paths.ts';

const CHALLENGE = 'Bearer realm="SyncKairos"';

/** Checks the token of a request before its body is read. The handler refuses commands without a sender in any case. */
export function authenticate(tokens: TokenVerifier): Middleware {
  return async (ctx, next) => {
    if (!tellsOfSessions(ctx.path)) {
      await next();
      return;
    }
    const principal = await tokens.verify(bearerOf(ctx.get('Authorization') || undefined));
    if ('ok' in principal) {
      if (principal.code === 'UNAUTHORIZED') ctx.set('WWW-Authenticate', CHALLENGE);
      throw new HttpRefusal(principal);
    }
    ctx.state['principal'] = principal;
    await next();
    // The command finds out whether a link was revoked.
    if (ctx.status === 401) ctx.set('WWW-Authenticate', CHALLENGE);
  };
}
