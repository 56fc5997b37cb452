import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** Bytes on the way in one direction of one connection beyond which the sender has to wait. */
const IN_FLIGHT_MAX_BYTES = 1024 * 1024;

/** A network between two programs of a test: it can be slow, and it can break. */
export interface TcpProxy {
  port: number;
  /** Delay of every byte in each direction, ms. It applies to what is sent from now on. */
  delayMs: number;
  /** Bandwidth of each connection towards its client, bytes a second; unlimited unless set. */
  bytesPerSecond: number | undefined;
  /** Only connections whose client has sent this text so far are slow; undefined for all. */
  slowOnly: string | undefined;
  /**
   * Passes nothing on any more, not even the end of a connection, as when a cable is pulled or a phone is out of reach.
   */
  silent: boolean;
  /** How many connections to the target are open. */
  readonly open: number;
  /** Breaks all connections. New ones are refused until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Opens a proxy to a port of 127.0.0.1. */
export async function openTcpProxy(targetPort: number, delayMs = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const toTarget = new Set<Socket>();
  let isCut = false;

  const track = (socket: Socket, partner: () => Socket | undefined) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      toTarget.delete(socket);
      if (!proxy.silent) partner()?.destroy();
    });
  };
  /**
   * Passes on what `from` brings, each piece after its delay. Pieces keep their order, since each is due no earlier
   * than the one before.
   */
  const carry = (from: Socket, to: Socket, isSlow: (bytes: Buffer) => boolean, toClient: boolean) => {
    const pieces: { at: number; bytes: Buffer }[] = [];
    let inFlight = 0;
    let timer: NodeJS.Timeout | undefined;
    const deliver = () => {
      timer = undefined;
      const now = performance.now();
      for (let piece = pieces[0]; piece !== undefined && piece.at <= now; piece = pieces[0]) {
        pieces.shift();
        inFlight -= piece.bytes.length;
        if (!to.destroyed) to.write(piece.bytes);
      }
      if (inFlight < IN_FLIGHT_MAX_BYTES) from.resume();
      if (pieces[0] !== undefined) timer = setTimeout(deliver, Math.max(1, Math.ceil(pieces[0].at - now)));
    };
    from.on('data', (bytes) => {
      if (proxy.silent) return;
      const last = pieces.at(-1)?.at ?? 0;
      const delay = isSlow(bytes) ? proxy.delayMs : 0;
      const onTheLine = toClient && proxy.bytesPerSecond !== undefined ? (bytes.length * 1_000) / proxy.bytesPerSecond : 0;
      pieces.push({ at: Math.max(last, performance.now() + delay) + onTheLine, bytes });
      inFlight += bytes.length;
      if (inFlight >= IN_FLIGHT_MAX_BYTES) from.pause();
      if (timer === undefined) timer = setTimeout(deliver, delay + onTheLine);
    });
    from.once('close', () => clearTimeout(timer));
  };

  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    toTarget.add(far);
    track(near, () => far);
    track(far, () => near);
    let said = false;
    const isSlow = () => proxy.slowOnly === undefined || said;
    carry(
      near,
      far,
      (bytes) => {
        said ||= proxy.slowOnly !== undefined && bytes.includes(proxy.slowOnly);
        return isSlow();
      },
      false,
    );
    carry(far, near, isSlow, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    delayMs,
    bytesPerSecond: undefined,
    slowOnly: undefined,
    silent: false,
    get open() {
      return toTarget.size;
    },
    cut() {
      isCut = true;
      cutAll();
    },
    mend() {
      isCut = false;
    },
    async close() {
      cutAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
