import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long a shutdown waits for requests that are not finished and for answers that are not read, ms. */
const GRACE_MS = 1_000;
const REFUSAL = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

export interface Connections {
  /**
   * From now on new WebSockets are refused with 503, so that a load balancer tries elsewhere, and every answer ends its
   * connection. Requests are still taken: whoever asks whether this instance is ready must hear that it isn't, not meet
   * a closed port.
   */
  drain(): void;
  /**
   * Stops listening. Resolves when all connections have ended; those that don't by themselves are cut after a second.
   */
  close(): Promise<void>;
}

/** Keeps track of a server's connections, WebSockets among them, which node itself forgets after their upgrade. */
export function trackConnections(http: Server): Connections {
  const open = new Set<Socket>();
  http.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    drain() {
      http.removeAllListeners('upgrade');
      http.on('upgrade', (_request, socket) => socket.end(REFUSAL));
      http.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
      http.closeIdleConnections();
    },
    async close() {
      const late = setTimeout(() => open.forEach((socket) => socket.destroy()), GRACE_MS);
      await new Promise<void>((resolve) => {
        if (http.listening) http.close(() => resolve());
        else resolve();
      });
      clearTimeout(late);
    },
  };
}
