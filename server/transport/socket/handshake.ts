import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { invalid, type Refusal, refuse } from '../../domain/refusal.ts';
import { webSocketServerOf } from '../../internals/engine.io.ts';
import type { CommandHandler } from '../command-handler.ts';
import type { ConnectionLimit } from '../connection-limit.ts';
import type { Callers } from '../origins.ts';
import { pathWithin } from '../http/base-path.ts';
import { answerRaw } from '../raw-answer.ts';
import { createHandshakeThrottle } from './handshake-throttle.ts';
import type { IoServer } from './rooms.ts';

/** The path of Socket.IO. */
const SOCKET_PATH = '/socket.io/';

export interface HandshakeOptions {
  /** The path of the service, without a slash at its end; may be empty. */
  basePath: string;
  handler: Pick<CommandHandler, 'refuse'>;
  callers: Callers;
  connectionLimit: ConnectionLimit;
}

/**
 * Accepts WebSocket handshakes, or answers the refusal over HTTP. Each connection begins with its own handshake: none
 * takes over another's Engine.IO session (`sid`).
 */
export function acceptHandshakes(http: Server, io: IoServer, options: HandshakeOptions): void {
  const throttle = createHandshakeThrottle();
  webSocketServerOf(io.engine).on('wsClientError', ({ message }, socket) => {
    answerRaw(socket, options.handler.refuse(invalid([{ field: 'headers', message, code: 'invalid_handshake' }])));
  });
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node has removed its listener, and the WebSocket adds its own later.
    socket.on('error', () => {});
    throttle(() => {
      const refusal = refusalOf(request, options);
      if (refusal !== undefined) {
        answerRaw(socket, options.handler.refuse(refusal));
        return;
      }
      // The HTTP answer and the first packet, which follows in the next microtask, are sent together.
      socket.cork();
      io.engine.handleUpgrade(request, socket, head);
      queueMicrotask(() => socket.uncork());
    });
  });
}

/** Why a handshake is refused; undefined if it is accepted. */
function refusalOf(request: IncomingMessage, { basePath, callers, connectionLimit }: HandshakeOptions): Refusal | undefined {
  const { method, url = '' } = request;
  if (!callers.allowsHost(request)) return refuse('FORBIDDEN', 'This server is not known by this name');
  if (pathWithin(basePath, url)?.startsWith(SOCKET_PATH) !== true)
    return refuse('NOT_FOUND', `WebSockets are at ${basePath}${SOCKET_PATH} only`);
  // Parsed as Engine.IO parses it.
  const { EIO, transport, sid } = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
  const issue = (field: string, message: string) => invalid([{ field, message, code: 'invalid_handshake' }]);
  if (method !== 'GET') return issue('method', 'Must be GET');
  if (EIO !== '4') return issue('EIO', 'Only version 4 of Engine.IO is spoken (EIO=4)');
  if (transport !== 'websocket') return issue('transport', 'Only WebSocket is spoken (transport=websocket)');
  if (sid !== undefined) return issue('sid', 'A connection begins with its own handshake and cannot be moved');
  if (!callers.allowsPage(request)) return refuse('FORBIDDEN', 'Pages of this origin may not connect');
  return connectionLimit.refusalOfHandshake(request);
}
