/**
 * What the tests of the SDK share: instances, clients that are closed again, and waiting for something with a deadline.
 */
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { type DeviceClock, SyncKairosClient, type SyncKairosOptions } from '../../client-sdk/src/index.ts';
import type { App } from '../../server/app.ts';
import { openCluster, type Settings } from '../kit/server.ts';

/** Opens instances and clients and closes all of them at the end of a test. */
export class Stage {
  readonly #cluster = openCluster();
  readonly #closers: (() => unknown)[] = [];

  /** An instance; all of a stage serve the same sessions. */
  async instance(settings: Settings = {}): Promise<App> {
    return (await this.#cluster).instance(settings);
  }

  client(url: string, options: SyncKairosOptions = {}): SyncKairosClient {
    const client = new SyncKairosClient(url, options);
    this.#closers.push(() => client.disconnect());
    return client;
  }

  /** A way to a server that can be cut. */
  async proxy(url: string): Promise<Proxy> {
    const proxy = await Proxy.before(url);
    this.#closers.push(() => proxy.close());
    return proxy;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
    await (await this.#cluster).close();
  }
}

/** A device's clock that runs so many times as fast as it should, with its timers. */
export class FastClock implements DeviceClock {
  readonly #speed: number;
  readonly #began = performance.now();
  readonly #unixMs = Date.now();

  constructor(speed: number) {
    this.#speed = speed;
  }

  monotonic(): number {
    return (performance.now() - this.#began) * this.#speed;
  }

  wall(): number {
    return this.#unixMs + this.monotonic();
  }

  timer(run: () => void, ms: number): () => void {
    const timer = setTimeout(run, ms / this.#speed);
    return () => clearTimeout(timer);
  }

  /** Resolves when so many milliseconds have passed by this clock: after all timers that were due before. */
  async pass(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.timer(resolve, ms));
  }
}

/** A TCP proxy on a port of its own. */
export class Proxy {
  /** While true, what the server says is swallowed. */
  mute = false;
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#target = target;
  }

  static async before(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, as a lost network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.on('data', (data) => {
        if (socket === client || !this.mute) other.write(data);
      });
    }
  }
}

/**
 * Resolves when `condition` holds, asked again whenever `subscribe` says that something happened. Rejects after half a
 * minute.
 */
export function happens(condition: () => boolean, subscribe: (again: () => void) => () => void, what = 'the condition'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      queueMicrotask(() => off());
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(() => settle(new Error(`waited in vain for ${what}`)), 30_000);
    const off = subscribe(() => condition() && settle());
    if (condition()) settle();
  });
}

/** Resolves with the session's version once this client has seen at least that one. */
export async function seen(client: SyncKairosClient, sessionId: string, version: number): Promise<number> {
  const store = client.session(sessionId);
  const reached = (): number => store.getSnapshot()?.version ?? 0;
  await happens(() => reached() >= version, store.subscribe, `version ${version}`);
  return reached();
}
