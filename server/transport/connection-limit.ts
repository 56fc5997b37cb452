import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Refusal } from '../domain/refusal.ts';
import type { Metrics } from '../observability/metrics.ts';
import { addressOf, peerOf, type TrustedProxies } from './address.ts';
import { limited } from './limits.ts';

export interface ConnectionLimitOptions {
  /** Most connections of one address; 0 for any number. */
  limit: number;
  proxies: TrustedProxies;
  metrics: Metrics;
}

/**
 * Counts the TCP connections of each address to this instance: sockets, running handshakes, and plain HTTP. An idle
 * HTTP connection gives its place to a new one. A connection beyond the limit gets a refusal; beyond twice the limit it
 * is reset. Behind a trusted proxy only the headers of a handshake tell an address, so only WebSockets count there: the
 * proxy shares its other connections between its clients.
 */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  /** By address, in the order in which they were opened. */
  readonly #open = new Map<string, Set<Socket>>();
  readonly #addresses = new WeakMap<Socket, string>();
  /** Connections that have had a request and wait for the next. */
  readonly #idle = new WeakSet<Socket>();

  /** Counts a server's connections from the moment they are accepted. */
  constructor(http: Server, options: ConnectionLimitOptions) {
    this.#options = options;
    if (options.limit === 0 || this.#isBehindProxy()) return;
    http.on('connection', (socket: Socket) => {
      const address = peerOf(socket);
      if (address === undefined) return;
      const count = this.#count(address, socket);
      if (count > options.limit) this.#makeRoom(address);
      if (count > 2 * options.limit) {
        this.refusal();
        socket.resetAndDestroy();
      }
    });
    http.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#idle.delete(socket);
      response.once('close', () => this.#idle.add(socket));
    });
    // An HTTP connection may become a WebSocket.
    http.on('upgrade', ({ socket }: IncomingMessage) => this.#idle.delete(socket));
  }

  /** Refuses a handshake over which the refusal need not be sent as `connect_error`; undefined if it is accepted. */
  refusalOfHandshake(request: IncomingMessage): Refusal | undefined {
    const { limit, proxies } = this.#options;
    if (limit === 0 || !this.#isBehindProxy()) return undefined;
    return this.#count(addressOf(request, proxies), request.socket) > 2 * limit ? this.refusal() : undefined;
  }

  /** Whether a connection is beyond the limit of its address. */
  isOver(socket: Socket): boolean {
    const { limit } = this.#options;
    const open = limit === 0 ? undefined : this.#open.get(this.#addresses.get(socket) ?? '');
    if (open === undefined || open.size <= limit) return false;
    let place = 0;
    for (const other of open) {
      if (other === socket) break;
      place += 1;
      if (place === limit) return true;
    }
    return false;
  }

  /** The refusal for a connection beyond the limit. Counted by the metrics. */
  refusal(): Refusal {
    return limited('connections', this.#options.metrics);
  }

  #isBehindProxy(): boolean {
    const { hops, addressHeader } = this.#options.proxies;
    return hops > 0 || addressHeader !== undefined;
  }

  /** Adds a connection to those of an address until it is closed. Returns how many there are. */
  #count(address: string, socket: Socket): number {
    const open = this.#open.get(address) ?? new Set();
    this.#open.set(address, open.add(socket));
    this.#addresses.set(socket, address);
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0 && this.#open.get(address) === open) this.#open.delete(address);
    });
    return open.size;
  }

  #makeRoom(address: string): void {
    const open = this.#open.get(address) ?? new Set();
    for (const socket of open) {
      if (!this.#idle.has(socket)) continue;
      open.delete(socket);
      socket.destroy();
      return;
    }
  }
}
