import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A statement that has to do with the trail; health checks and the like have not. The SQL goes over the wire as text.
 */
const OF_THE_TRAIL = /sync_(?:sessions|events)/g;

/** Stands before a PostgreSQL and counts what is asked of it. */
export interface Counter {
  /** The address of the server with our port in it. */
  url: string;
  /** How often a table of the trail was named so far. */
  readonly asked: number;
  close(): Promise<void>;
}

/** Opens one before the server of an address, on 127.0.0.1. */
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
