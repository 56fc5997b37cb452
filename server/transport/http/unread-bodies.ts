import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';

/**
 * What is thrown away of a body that nobody reads, so that its sender gets to see the answer; whoever sends more, or
 * slower, is cut off.
 */
const DRAIN_MAX_BYTES = 8 * 1024 * 1024;
const DRAIN_MAX_MS = 2_000;

/**
 * Ends the connection after a request whose body was not read to its end, and says so. What is left of such a body
 * stands before the next request, which a proxy would send for somebody else. The body is thrown away before the answer
 * is written: a connection that is closed while data arrives takes its answer with it.
 */
export const closeAfterUnreadBodies: Middleware = async (ctx, next) => {
  await next();
  if (ctx.state['bodyRefused'] !== true && wasRead(ctx.req)) return;
  ctx.set('Connection', 'close');
  await drain(ctx.req);
};

/** A body that has arrived as a whole and that nobody has begun to read is thrown away by node itself. */
function wasRead(request: IncomingMessage): boolean {
  return request.complete && (request.readableEnded || !request.readableDidRead);
}

/** Resolves when the body has ended, when its connection has, or when enough is thrown away. */
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
