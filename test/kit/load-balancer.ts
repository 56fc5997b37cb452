import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const PROBE_INTERVAL_MS = 200;
const PROBE_DEADLINE_MS = 1_000;

/** A plain load balancer: it passes TCP connections on, in turn, to the instances whose `/ready` answers 200. */
export interface LoadBalancer {
  url: string;
  /** How many instances would get a connection now. */
  readonly ready: number;
  close(): Promise<void>;
}

/** Opens one in front of the instances on these ports of 127.0.0.1, which may come and go. */
export async function openLoadBalancer(ports: number[]): Promise<LoadBalancer> {
  const sockets = new Set<Socket>();
  const stop = new AbortController();
  let ready: number[] = [];
  let turn = 0;

  const isReady = async (port: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(PROBE_DEADLINE_MS) }).catch(() => null);
    await answer?.body?.cancel().catch(() => {});
    return answer?.status === 200;
  };
  const probe = async (port: number) => {
    while (!stop.signal.aborted) {
      const wanted = await isReady(port);
      ready = ports.filter((each) => (each === port ? wanted : ready.includes(each)));
      await wait(PROBE_INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const server = createServer((near) => {
    const port = ready[turn++ % Math.max(1, ready.length)];
    if (port === undefined) {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => {});
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const probing = Promise.all(ports.map(probe));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get ready() {
      return ready.length;
    },
    async close() {
      stop.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await probing;
    },
  };
}
