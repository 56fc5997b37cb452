import type { GatewaySocket } from './rooms.ts';

/** A `ws` socket, of which the library's types tell nothing. */
interface Pausable {
  pause(): void;
  resume(): void;
}

/**
 * Reads nothing from a socket for a while, so that a flood stays in its sender's own buffers and costs nobody else any time. Nothing is lost: what was sent
 * meanwhile is read, and answered, afterwards.
 */
export function quieten(socket: GatewaySocket, ms: number): void {
  const websocket = (socket.conn.transport as unknown as { socket: Pausable }).socket;
  websocket.pause();
  setTimeout(() => websocket.resume(), ms).unref();
}
