import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { invalid, type Refusal, refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import type { CommandHandler } from '../command-handler.ts';
import { HTTP_STATUS, refusalOf } from '../replies.ts';

/** What an HTTP layer refuses before a command is reached. */
export class HttpRefusal extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Gives every failure the contract's shape: unknown routes, wrong methods, bodies that can't be read, and what nobody foresaw. */
export function answerErrors(handler: CommandHandler, logger: Logger): Middleware {
  return async (ctx, next) => {
    let refusal: Refusal | undefined;
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null) refusal = refuse('NOT_FOUND', `No route ${ctx.method} ${ctx.path.slice(0, 200)}`);
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

/** Says in a header what the details of a refusal say, whichever limit it was. */
export function setRetryAfter(ctx: Context, details: Refusal['details']): void {
  if (details !== undefined && 'retry_after_ms' in details) ctx.set('Retry-After', String(Math.ceil(details.retry_after_ms / 1_000)));
}

/** A path that can't be decoded is refused before anybody looks for a route. */
export const refuseMalformedUrls: Middleware = async (ctx, next) => {
  try {
    decodeURIComponent(ctx.path);
  } catch {
    throw new HttpRefusal(invalid([{ field: 'url', message: 'Must be percent-encoded UTF-8', code: 'invalid_url' }]));
  }
  await next();
};

/** A body in any other form than JSON is refused by name; without a body its type does not matter. */
export const refuseOtherBodies: Middleware = async (ctx, next) => {
  // `is` answers null when there is no body at all.
  if (ctx.method === 'POST' && ctx.request.length !== 0 && ctx.request.is('json', '+json') === false && !(await isEmpty(ctx.req))) {
    throw new HttpRefusal(refuse('UNSUPPORTED_MEDIA_TYPE', 'Send application/json'));
  }
  await next();
};

/** Whether a body of a length that was not told is empty. Takes its first bytes, so this is only for requests that are refused otherwise. */
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
  if (error instanceof HttpRefusal) return error.refusal;
  if (!(error instanceof Error)) return undefined;
  const unreadable = invalid([{ field: 'body', message: 'Must be a JSON object', code: 'invalid_json' }]);
  // A body that claims to be compressed and is not; zlib's errors have no status.
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')) return unreadable;
  if (!('status' in error)) return undefined;
  switch (error.status) {
    case 400:
      return unreadable;
    case 413:
      return refuse('PAYLOAD_TOO_LARGE', 'The body is too large');
    case 415:
      return refuse('UNSUPPORTED_MEDIA_TYPE', 'The encoding or character set of the body is not supported');
    default:
      return undefined;
  }
}
