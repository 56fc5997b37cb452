import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Matches statements on the tables of the trail, but not health checks and the like. SQL travels as text. */
const OF_THE_TRAIL = /sync_(?:sessions|events)/g;

/** A proxy before a PostgreSQL that counts statements. */
export interface Counter {
  /** The address of the server with our port in it. */
  url: string;
  /** How many statements named a table of the trail so far. */
  readonly asked: number;
  close(): Promise<void>;
}

/** Opens the proxy on 127.0.0.1, before the server of an address. */
export async function openCounter(target: string): Promise<Counter> {
  const sockets = new Set<Socket>();
  const url = new URL(target);
  const port = Number(url.port);
  let asked = 0;
  const server = createServer((client) => {
    const onward = connect(port, '127.0.0.1');
    client.on('data', (bytes) => (asked += bytes.toString('latin1').match(OF_THE_TRAIL)?.length ?? 0));
    client.pipe(onward).pipe(client);
    for (const [socket, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get asked() {
      return asked;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
