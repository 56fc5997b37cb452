import type { Middleware } from 'koa';
import { bearerOf } from '../access/bearer.ts';
import type { TokenVerifier } from '../access/tokens.ts';
import { HttpRefusal } from './errors.ts';
import { tellsOfSessions } from './paths.ts';

const CHALLENGE = 'Bearer realm="SyncKairos"';

/**
 * Finds out who sends a request, before its body is read. Commands without a sender are refused by the handler in any
 * case.
 */
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
    // A link that was revoked is found out by the command.
    if (ctx.status === 401) ctx.set('WWW-Authenticate', CHALLENGE);
  };
}
