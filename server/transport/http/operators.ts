import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import { HttpRefusal } from './errors.ts';

export const BOARD_PATH = '/admin/queues';

/** Bull Board's page brings a style element and names fonts of another host; the fonts are not fetched, nothing leaves this one. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; base-uri 'self'; frame-ancestors 'none'; form-action 'none'";

/** What operators sign in with. */
export interface Credentials {
  user: string;
  password: string;
}

/** Serves the board to operators. It only shows: a page elsewhere could make a browser that has signed in send anything else. */
export function serveBoard(board: Middleware, credentials: Credentials, logger: Logger): Middleware {
  const signIn = operatorsOnly(credentials, logger);
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

/** Lets operators pass, by HTTP Basic; throws for everybody else. */
export function operatorsOnly({ user, password }: Credentials, logger: Logger): (ctx: Context) => void {
  const expected = digest(`${user}:${password}`);
  return (ctx) => {
    const given = credentialsOf(ctx.get('Authorization'));
    if (given !== null && timingSafeEqual(digest(given), expected)) return;
    if (given !== null) logger.warn({ ip: ctx.ip, path: ctx.path }, 'wrong credentials of an operator');
    ctx.set('WWW-Authenticate', 'Basic realm="SyncKairos operators", charset="UTF-8"');
    throw new HttpRefusal(refuse('UNAUTHORIZED', 'Sign in as an operator'));
  };
}

/** `user:password` of an `Authorization: Basic` header (RFC 7617); null where there is none. */
function credentialsOf(header: string): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Equal lengths whatever was sent, as a comparison in constant time needs them. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
