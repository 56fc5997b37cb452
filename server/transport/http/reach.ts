import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import Router from '@koa/router';
import type { ReachData, Success } from '#contract';
import type { TrustedProxies } from '../address.ts';
import { addressesOf } from '../../util/addresses.ts';

export interface ReachRouteOptions {
  /** Unix ms of the one clock. */
  now(): number;
  /** PUBLIC_URL, with a slash at its end. */
  publicUrl: string | null;
  /** The URL at which this instance listens; null before it does. */
  listensAt(): string | null;
  proxies: TrustedProxies;
}

const LOOPBACK = /^(127(\.\d+){3}|::1|::ffff:127(\.\d+){3}|\[::1\])$/;

/**
 * Tells a page by which addresses other devices reach the server, so that links for others begin with one. The
 * addresses of the machine are told only to callers on that machine.
 */
export function reachRoute({ now, publicUrl, listensAt, proxies }: ReachRouteOptions): Router {
  const router = new Router();
  router.get('/v1/reach', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const reply: Success<ReachData> = {
      ok: true,
      data: reachOf(listensAt(), publicUrl, proxies.hops === 0 && isOnThisMachine(ctx.req)),
      server_time_ms: Math.floor(now()),
    };
    ctx.body = reply;
  });
  return router;
}

function reachOf(url: string | null, publicUrl: string | null, isHere: boolean): ReachData {
  const { hostname, port, pathname } = new URL(url ?? 'http://localhost');
  const loopbackOnly = url !== null && LOOPBACK.test(hostname);
  // On loopback: where others would reach it, if it listened everywhere.
  const everywhere = loopbackOnly ? `http://0.0.0.0:${port}${pathname}` : (url ?? '');
  const { elsewhere } = url === null ? { elsewhere: [] } : addressesOf(everywhere, networkInterfaces());
  const addresses = isHere ? elsewhere.map((address) => `${address}/`) : [];
  return { public_url: publicUrl, loopback_only: loopbackOnly, addresses };
}

/** Whether a request comes from this machine, and through no proxy that would hide where it comes from. */
function isOnThisMachine({ socket, headers }: IncomingMessage): boolean {
  return LOOPBACK.test(socket.remoteAddress ?? '') && headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined;
}
