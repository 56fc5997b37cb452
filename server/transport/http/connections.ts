import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Whoever has not finished sending a request or reading an answer by then does not hold up a shutdown any longer. */
const GRACE_MS = 1_000;

export interface Connections {
  /** New connections are refused from now on. */
  stopListening(): void;
  /** Resolves when all connections have ended; those that don't by themselves are cut after a second. */
  close(): Promise<void>;
}

/** Keeps track of a server's connections, WebSockets among them, which node itself forgets after their upgrade. */
export function trackConnections(http: Server): Connections {
  const open = new Set<Socket>();
  http.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  let ended: Promise<void> | undefined;
  const stopListening = () =>
    (ended ??= new Promise<void>((resolve) => {
      if (http.listening) http.close(() => resolve());
      else resolve();
    }));
  return {
    stopListening: () => void stopListening(),
    async close() {
      const late = setTimeout(() => open.forEach((socket) => socket.destroy()), GRACE_MS);
      http.closeIdleConnections();
      await stopListening();
      clearTimeout(late);
    },
  };
}
