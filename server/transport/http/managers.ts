import type { Context, Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import { bearerOf } from '../access/bearer.ts';
import { coversPrefix, senderOf, unauthorized } from '../access/principal.ts';
import type { TokenVerifier } from '../access/tokens.ts';
import type { Callers } from '../origins.ts';
import type { Manager } from '../webhook-port.ts';
import { HttpRefusal } from './errors.ts';
import { OPERATORS, type SignIn } from './operators.ts';

/** Every path of webhooks and of the feed, in every spelling that the router accepts. */
const PATHS = /^\/v1\/(webhooks|events)(\/|$)/i;
const BEARER = 'Bearer realm="SyncKairos"';

export const NO_TRAIL = {
  ...refuse('SERVICE_UNAVAILABLE', 'This needs the trail, and this server has no database of it'),
  retryable: false,
};

export interface ManagerOptions {
  /** Undefined if no operator can sign in here. */
  signIn: SignIn | undefined;
  /** Undefined if no token is accepted here. */
  tokens: TokenVerifier | undefined;
}

/**
 * Who asks: an operator, or whoever has a token with this claim. Throws a refusal for everybody else.
 */
export async function managerOf(ctx: Context, claim: 'webhooks' | 'events', { signIn, tokens }: ManagerOptions): Promise<Manager> {
  const header = ctx.get('Authorization');
  if (signIn !== undefined && (tokens === undefined || /^Basic /i.test(header))) {
    signIn(ctx);
    return { owner: 'operator', expires: Infinity, covers: () => true };
  }
  if (tokens === undefined) {
    throw new HttpRefusal(unauthorized(`this is for operators (ADMIN_USER) and for tokens with the claim ${claim}`));
  }
  const principal = await tokens.verify(bearerOf(header || undefined));
  if ('ok' in principal) {
    if (principal.code === 'UNAUTHORIZED') ctx.set('WWW-Authenticate', [...(signIn === undefined ? [] : [OPERATORS]), BEARER]);
    throw new HttpRefusal(principal);
  }
  if (principal[claim] !== true) throw new HttpRefusal(refuse('FORBIDDEN', `Your token has no claim ${claim}: true`));
  const covers = (prefix: string) => coversPrefix(principal, prefix);
  return { owner: `token:${senderOf(principal, '')}`, expires: principal.expires, covers };
}

/**
 * Refuses requests about webhooks and for the feed that a page of another origin makes a browser send, whatever
 * CORS_ORIGIN says, and its questions whether it may. To be used before CORS. Throws FORBIDDEN.
 */
export function ownPagesOnly(callers: Callers): Middleware {
  return async (ctx, next) => {
    if (PATHS.test(ctx.path) && !callers.isOwnPage(ctx.req)) {
      throw new HttpRefusal(refuse('FORBIDDEN', 'Pages of other origins may not ask for this'));
    }
    await next();
  };
}
