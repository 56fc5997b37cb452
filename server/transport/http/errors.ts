import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { invalid, type Refusal, refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import type { CommandHandler } from '../command-handler.ts';
import { HTTP_STATUS, refusalOf } from '../replies.ts';
import { noteWrongPath } from './way-back.ts';

/** A refusal by HTTP middleware, before any command runs. */
export class HttpRefusal extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * Gives every failure the form of the contract: unknown routes, wrong methods, unreadable bodies, unforeseen errors.
 */
export function answerErrors(handler: CommandHandler, logger: Logger): Middleware {
  return async (ctx, next) => {
    let refusal: Refusal | undefined;
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null) {
        noteWrongPath(ctx.state, ctx.path);
        refusal = refuse('NOT_FOUND', `No route ${ctx.method} ${ctx.path.slice(0, 200)}`);
      }
      if (ctx.status === 405 || ctx.status === 501) refusal = refuse('METHOD_NOT_ALLOWED', `${ctx.method} is not allowed here`);
    } catch (error) {
      refusal = refusalOfHttp(error) ?? refusalOf(error, logger, { request: ctx.state['requestId'] as unknown });
    }
    if (refusal === undefined) return;
    ctx.status = HTTP_STATUS[refusal.code];
    setRetryAfter(ctx, refusal.details);
    ctx.body = handler.refuse(refusal);
  };
}

/** Sets `Retry-After` from the details of a refusal, whichever limit it came from. */
export function setRetryAfter(ctx: Context, details: Refusal['details']): void {
  if (details !== undefined && 'retry_after_ms' in details) ctx.set('Retry-After', String(Math.ceil(details.retry_after_ms / 1_000)));
}

/** Refuses a path that cannot be decoded, before a route is looked for. */
export const refuseMalformedUrls: Middleware = async (ctx, next) => {
  try {
    decodeURIComponent(ctx.path);
  } catch {
    noteWrongPath(ctx.state, ctx.path);
    throw new HttpRefusal(invalid([{ field: 'url', message: 'Must be percent-encoded UTF-8', code: 'invalid_url' }]));
  }
  await next();
};

/** Refuses a body that is not JSON with its own code; without a body its type does not matter. */
export const refuseOtherBodies: Middleware = async (ctx, next) => {
  // `is` answers null when there is no body at all.
  const type = ctx.request.length === 0 ? null : ctx.request.is('json', '+json');
  if (type === false && !(await isEmpty(ctx.req))) {
    ctx.state['bodyRefused'] = true;
    throw new HttpRefusal(refuse('UNSUPPORTED_MEDIA_TYPE', 'Send application/json'));
  }
  // The parser knows some `+json` types only and would ignore the body of others.
  if (typeof type === 'string') ctx.req.headers['content-type'] = 'application/json';
  await next();
};

/**
 * Reads bodies. Every error while reading is the sender's, since a body with a wrong `Content-Encoding` causes a
 * different error for each algorithm.
 */
export function readBodies(parser: Middleware): Middleware {
  return async (ctx, next) => {
    try {
      await parser(ctx, async () => {});
    } catch (error) {
      const body = refusedForItsKeys(error);
      if (body === undefined) {
        ctx.state['bodyRefused'] = true;
        throw refusalOfBody(error);
      }
      (ctx.request as { body?: unknown }).body = body;
    }
    await next();
  };
}

/**
 * The body that the parser refused only for a key `__proto__`. Here that is a key like any other, as over the socket:
 * kept in free JSON, and reported as unknown elsewhere.
 */
function refusedForItsKeys(error: unknown): object | undefined {
  if (!(error instanceof SyntaxError) || !('body' in error) || typeof error.body !== 'string') return undefined;
  try {
    const body: unknown = JSON.parse(error.body);
    return typeof body === 'object' && body !== null ? body : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a body of unknown length is empty. Takes its first bytes, so it is only for requests that are refused anyway.
 */
async function isEmpty(request: IncomingMessage): Promise<boolean> {
  if (request.headers['transfer-encoding'] === undefined) return false;
  if (request.readableLength === 0 && !request.readableEnded) {
    await new Promise((resolve) => {
      for (const sign of ['readable', 'end', 'close']) request.once(sign, resolve);
    });
  }
  return request.read() === null;
}

function refusalOfHttp(error: unknown): Refusal | undefined {
  return error instanceof HttpRefusal ? error.refusal : undefined;
}

function refusalOfBody(error: unknown): HttpRefusal {
  const status = error instanceof Error && 'status' in error ? error.status : 400;
  if (status === 413) return new HttpRefusal(refuse('PAYLOAD_TOO_LARGE', 'The body is too large'));
  if (status === 415) {
    return new HttpRefusal(refuse('UNSUPPORTED_MEDIA_TYPE', 'The encoding or character set of the body is not supported'));
  }
  return new HttpRefusal(invalid([{ field: 'body', message: 'Must be a JSON object', code: 'invalid_json' }]));
}
