import { createHash, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import { HttpRefusal } from './errors.ts';

export const BOARD_PATH = '/admin/queues';

/** Bull Board's page brings a style element and names fonts of another host; the fonts are not fetched, nothing leaves this one. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; base-uri 'self'; frame-ancestors 'none'; form-action 'none'";

export interface OperatorsOptions {
  /** What operators sign in with. */
  user: string;
  password: string;
  /** What they get to see. */
  board: Middleware;
}

/** Serves the board to operators, by HTTP Basic. It only shows: a page elsewhere could make a browser that has signed in send anything else. */
export function serveOperators({ user, password, board }: OperatorsOptions, logger: Logger): Middleware {
  const expected = digest(`${user}:${password}`);
  return async (ctx, next) => {
    if (ctx.path !== BOARD_PATH && !ctx.path.startsWith(`${BOARD_PATH}/`)) {
      await next();
      return;
    }
    ctx.state['route'] = BOARD_PATH;
    const given = credentialsOf(ctx.get('Authorization'));
    if (given === null || !timingSafeEqual(digest(given), expected)) {
      if (given !== null) logger.warn({ ip: ctx.ip }, 'wrong credentials for the board');
      ctx.set('WWW-Authenticate', 'Basic realm="SyncKairos operators", charset="UTF-8"');
      throw new HttpRefusal(refuse('UNAUTHORIZED', 'Sign in as an operator'));
    }
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') throw new HttpRefusal(refuse('METHOD_NOT_ALLOWED', 'This board only shows'));
    ctx.set('Content-Security-Policy', POLICY);
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.set('Cache-Control', 'no-store');
    await board(ctx, async () => {});
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
