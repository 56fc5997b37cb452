import type { IncomingMessage, Server } from 'node:http';

/** How long every body may take. */
const GRACE_MS = 9_000;
/** The least average rate of larger bodies: 1 MiB may take 73 s, which a mobile line of 128 kbit/s needs. */
const BYTES_PER_MS = 16_384 / 1_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Ends requests whose body arrives too slowly, since they occupy a connection and a handler. Node's own time-out
 * ignores the rate.
 */
export function endSlowBodies(http: Server): void {
  const arriving = new Map<IncomingMessage, { since: number; read: number }>();
  http.on('request', (request: IncomingMessage) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (length !== '0' || encoding !== undefined) {
      arriving.set(request, { since: performance.now(), read: request.socket.bytesRead });
    }
  });
  const look = setInterval(() => {
    const now = performance.now();
    for (const [request, { since, read }] of arriving) {
      const { complete, socket } = request;
      const isLate = now - since > GRACE_MS + (socket.bytesRead - read) / BYTES_PER_MS;
      if (complete || socket.destroyed || isLate) arriving.delete(request);
      // The same event as for headers that take too long.
      if (isLate && !complete && !socket.destroyed) http.emit('clientError', new Error('the body takes too long'), socket);
    }
  }, LOOK_EVERY_MS);
  http.once('close', () => clearInterval(look));
  look.unref();
}
