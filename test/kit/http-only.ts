import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface HttpOnly {
  url: string;
  /** Method, path and status of each request. */
  asked: string[];
  /** From now on it passes WebSockets on as well. */
  letSockets(): void;
  close(): void;
}

/**
 * A proxy that passes HTTP requests on but refuses WebSockets or, as some proxies do, never answers their handshakes.
 */
export async function openHttpOnly(url: string, { answers = true } = {}): Promise<HttpOnly> {
  const { port } = new URL(url);
  const asked: string[] = [];
  const server = createServer((near, answer) => {
    const far = request({ port, host: '127.0.0.1', path: near.url, method: near.method, headers: near.headers }, (response) => {
      asked.push(`${near.method} ${near.url} ${response.statusCode}`);
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    far.on('error', () => answer.writeHead(502).end());
    near.pipe(far);
  });
  const held = new Set<Duplex>();
  const refuse = (_: unknown, socket: Duplex): void => {
    held.add(socket);
    socket.on('error', () => undefined);
    if (answers) socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
  };
  server.on('upgrade', refuse);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const letSockets = (): void => {
    server.off('upgrade', refuse);
    server.on('upgrade', (near, socket, head) => {
      const far = request({ port, host: '127.0.0.1', path: near.url, headers: near.headers });
      far.on('upgrade', (response, other, first) => {
        const headers = Object.entries(response.headers).map(([name, value]) => `${name}: ${String(value)}`);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('\r\n')}\r\n\r\n`);
        socket.write(first);
        other.write(head);
        for (const [from, to] of [
          [socket, other],
          [other, socket],
        ] as const) {
          from.pipe(to);
          from.on('error', () => to.destroy());
          from.on('close', () => to.destroy());
        }
      });
      far.on('error', () => socket.destroy());
      far.end();
    });
  };
  const close = (): void => {
    for (const socket of held) socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, letSockets, close };
}
