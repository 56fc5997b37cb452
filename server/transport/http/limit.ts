import type { Context, Middleware } from 'koa';
import type { SharedLimit } from '../limit-ports.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { addressOf, type TrustedProxies } from '../address.ts';
import type { ConnectionLimit } from '../connection-limit.ts';
import { refusalOfQuota } from '../limits.ts';
import { HttpRefusal } from './errors.ts';

/** The routes that are limited, in every spelling that the router accepts. */
const LIMITED = /^\/((v1|j)(\/|$)|time\/?$)/i;

export interface GeneralLimitOptions {
  limit: SharedLimit | undefined;
  metrics: Metrics;
  proxies: TrustedProxies;
}

/** Refuses requests over connections beyond the limit of their address. */
export function limitConnections(connectionLimit: ConnectionLimit): Middleware {
  return async (ctx, next) => {
    if (connectionLimit.isOver(ctx.req.socket)) {
      ctx.set('Connection', 'close');
      throw new HttpRefusal(connectionLimit.refusal());
    }
    await next();
  };
}

/**
 * A request counts as one more for each so many bytes that it moved: its own, those of its answer, and what its command
 * moved (work.ts).
 */
const REQUEST_BYTES = 512 * 1024;

/**
 * Calls `charge` with the bytes that a request moved, once it is answered or aborted. A connection has one request at a
 * time.
 */
function whenMoved({ req: { socket }, res, state }: Context, charge: (bytes: number) => void): void {
  const before = socket.bytesRead + socket.bytesWritten;
  res.once('close', () => charge(socket.bytesRead + socket.bytesWritten - before + Number(state['moved'] ?? 0)));
}

/** Limits the requests of an address, and tells it how much is left (draft-ietf-httpapi-ratelimit-headers-06). */
export function limitRequests({ limit, metrics, proxies }: GeneralLimitOptions): Middleware {
  return async (ctx, next) => {
    if (limit !== undefined && LIMITED.test(ctx.path)) {
      const address = addressOf(ctx.req, proxies);
      whenMoved(ctx, (bytes) => {
        const more = Math.floor(bytes / REQUEST_BYTES);
        if (more > 0) limit.charge(address, more);
      });
      const quota = await limit.consume(address);
      ctx.set('RateLimit-Limit', String(quota.limit));
      ctx.set('RateLimit-Remaining', String(quota.remaining));
      ctx.set('RateLimit-Reset', seconds(quota.resetMs));
      const refusal = refusalOfQuota('general', quota, metrics);
      if (refusal !== null) throw new HttpRefusal(refusal);
    }
    await next();
  };
}

const seconds = (ms: number) => String(Math.ceil(ms / 1_000));
