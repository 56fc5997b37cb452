import type { Middleware } from 'koa';
import { invalid } from '../../domain/refusal.ts';
import { HttpRefusal } from './errors.ts';

/** Whether a path belongs to Socket.IO. WebSocket handshakes are handled elsewhere (handshake.ts). */
export const isSocketPath = (path: string): boolean => path === '/socket.io' || path.startsWith('/socket.io/');

/** Tells a Socket.IO client that tries HTTP long-polling, its default, which option to set. */
export const refusePolling: Middleware = async (ctx, next) => {
  if (isSocketPath(ctx.path)) {
    const message = 'Only WebSocket is spoken here: give a Socket.IO client the option transports: ["websocket"]';
    throw new HttpRefusal(invalid([{ field: 'transport', message, code: 'websocket_only' }]));
  }
  await next();
};
