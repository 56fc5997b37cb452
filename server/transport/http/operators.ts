import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { addressOf, type TrustedProxies } from '../address.ts';
import { limited } from '../limits.ts';
import { HttpRefusal } from './errors.ts';
import { SignInLimit } from './sign-in-limit.ts';

export const BOARD_PATH = '/admin/queues';

/** Bull Board's page has a style element and names fonts of another host; this policy blocks the fonts. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; base-uri 'self'; frame-ancestors 'none'; form-action 'none'";

/** Asks for an operator's name and password (RFC 7617). */
export const OPERATORS = 'Basic realm="SyncKairos operators", charset="UTF-8"';

/** Name and password of the operators. */
export interface Credentials {
  user: string;
  password: string;
}

export interface SignInOptions {
  logger: Logger;
  metrics: Metrics;
  proxies: TrustedProxies;
}

/** Returns for operators; throws a refusal for everybody else. */
export type SignIn = (ctx: Context) => void;

/**
 * Serves the board to operators. Read-only, because a page of another site could make a browser that has signed in send
 * anything else.
 */
export function serveBoard(board: Middleware, signIn: SignIn): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== BOARD_PATH && !ctx.path.startsWith(`${BOARD_PATH}/`)) {
      await next();
      return;
    }
    ctx.state['route'] = BOARD_PATH;
    signIn(ctx);
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') throw new HttpRefusal(refuse('METHOD_NOT_ALLOWED', 'This board only shows'));
    ctx.set('Content-Security-Policy', POLICY);
    ctx.set('Cache-Control', 'no-store');
    await board(ctx, async () => {});
  };
}

/**
 * Checks an operator's HTTP Basic credentials. Throws UNAUTHORIZED for everybody else, RATE_LIMIT_EXCEEDED for
 * addresses that guess too often.
 */
export function operatorsOnly({ user, password }: Credentials, { logger, metrics, proxies }: SignInOptions): SignIn {
  const expected = digest(`${user}:${password}`);
  const limit = new SignInLimit();
  return (ctx) => {
    const given = credentialsOf(ctx.get('Authorization'));
    if (given !== null) {
      const [address, now] = [addressOf(ctx.req, proxies), performance.now()];
      const waitMs = limit.waitOf(address, now);
      if (waitMs > 0) throw new HttpRefusal(limited('sign_in', metrics, waitMs));
      if (timingSafeEqual(digest(given), expected)) {
        limit.right(address);
        return;
      }
      if (limit.wrong(address, now)) logger.warn({ ip: ctx.ip, path: ctx.path }, 'wrong credentials of an operator');
    }
    ctx.set('WWW-Authenticate', OPERATORS);
    throw new HttpRefusal(refuse('UNAUTHORIZED', 'Sign in as an operator'));
  };
}

/** `user:password` of an `Authorization: Basic` header (RFC 7617); null if it has none. */
function credentialsOf(header: string): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64').toString('utf8');
}

/** A digest has the same length for every text, as a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
