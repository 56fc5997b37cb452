import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * TIME's reply: seconds and microseconds as an array of two bulk strings. See
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const TIME_REPLY = /\*2\r\n\$10\r\n(\d{10})\r\n\$\d\r\n(\d{1,6})\r\n/g;

/**
 * A proxy to a real Redis that delays requests and replies, and that can shift the clock in replies of TIME. Scripts
 * inside Redis still read the true clock.
 */
export class RedisProxy {
  /** How long requests and replies take, ms. */
  thereMs = 0;
  backMs = 0;
  /** Which connections it affects, by the name that they give themselves; all where undefined. */
  only: string | undefined;
  /** Added to every reply of TIME, ms. */
  jumpMs = 0;
  /** How many pieces affected connections have sent: about one for each time that somebody waits for an answer. */
  sent = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#server = createServer((client) => this.#relay(client, target));
  }

  /** In front of the Redis at this URL. */
  static async before(redisUrl: string): Promise<RedisProxy> {
    const proxy = new RedisProxy(new URL(redisUrl));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #relay(client: Socket, target: URL): void {
    const redis = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    client.setNoDelay(true);
    let name: string | undefined;
    client.once('data', (data: Buffer) => (name = /synckairos-[a-z]+/.exec(data.toString('latin1'))?.[0]));
    const isMeant = () => this.only === undefined || this.only === name;
    for (const [from, to, delay] of [
      [client, redis, () => (isMeant() ? this.thereMs : 0)],
      [redis, client, () => (isMeant() ? this.backMs : 0)],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (data) => {
        if (from === client && isMeant()) this.sent += 1;
        this.#pass(to, from === redis ? this.#shifted(data) : data, delay());
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  /** Each direction has one delay at a time, and timers with the same delay fire in order. */
  #pass(to: Socket, data: Buffer, delayMs: number): void {
    if (delayMs === 0) {
      if (!to.destroyed) to.write(data);
    } else {
      setTimeout(() => this.#pass(to, data, 0), delayMs);
    }
  }

  #shifted(data: Buffer): Buffer {
    if (this.jumpMs === 0) return data;
    const text = data.toString('latin1').replaceAll(TIME_REPLY, (_, seconds: string, microseconds: string) => {
      const micros = BigInt(seconds) * 1_000_000n + BigInt(microseconds) + BigInt(Math.round(this.jumpMs * 1000));
      const [whole, rest] = [String(micros / 1_000_000n), String(micros % 1_000_000n)];
      return `*2\r\n$${whole.length}\r\n${whole}\r\n$${rest.length}\r\n${rest}\r\n`;
    });
    return Buffer.from(text, 'latin1');
  }
}
