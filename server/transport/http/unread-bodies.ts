import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';

/**
 * How much of an unread body is discarded, so that its sender can read the answer. A longer or slower body is cut off.
 */
const DRAIN_MAX_BYTES = 8 * 1024 * 1024;
const DRAIN_MAX_MS = 2_000;

/**
 * Closes the connection after a request whose body was not read to its end, and says so. The rest of such a body would
 * be taken for the next request, which a proxy may send for somebody else. The body is discarded before the answer is
 * written: closing a connection while data arrives discards the answer.
 */
export const closeAfterUnreadBodies: Middleware = async (ctx, next) => {
  await next();
  if (ctx.state['bodyRefused'] !== true && wasRead(ctx.req)) return;
  ctx.set('Connection', 'close');
  await drain(ctx.req);
};

/** Whether the body was read. Node itself discards a complete body that nobody has begun to read. */
function wasRead(request: IncomingMessage): boolean {
  return request.complete && (request.readableEnded || !request.readableDidRead);
}

/** Discards a body. Resolves when the body or its connection has ended, or when enough is discarded. */
async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    let left = DRAIN_MAX_BYTES;
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, DRAIN_MAX_MS);
    for (const end of ['end', 'close', 'error'] as const) request.once(end, done);
    request.unpipe();
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) done();
    });
    request.resume();
  });
}
