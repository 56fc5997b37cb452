import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { io as connect, type Socket as Client } from 'socket.io-client';

/** Listens on a port of its own. */
export async function serveHttp(answer?: RequestListener) {
  const http = createServer(answer);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** A Socket.IO server of WebSockets, as the library makes it. */
export async function serveSockets(options: Partial<ServerOptions> = {}) {
  const { http, url } = await serveHttp();
  const io = new Server(http, { transports: ['websocket'], serveClient: false, ...options });
  const clients: Client[] = [];
  return {
    io,
    url,
    /** Connects a client. */
    async client(): Promise<Client> {
      const client = connect(url, { transports: ['websocket'], reconnection: false, forceNew: true });
      clients.push(client);
      await new Promise<void>((resolve, reject) => client.once('connect', resolve).once('connect_error', reject));
      return client;
    },
    async close(): Promise<void> {
      for (const client of clients) client.close();
      await io.close();
    },
  };
}

/** Resolves with the arguments of a client's next event of this name. */
export async function received(client: Client, name: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name} within 5 s`)), 5_000);
    client.once(name, (...args: unknown[]) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}
