import type { IncomingMessage } from 'node:http';
import type { Metrics } from '../../observability/metrics.ts';
import { addressOf, type TrustedProxies } from '../address.ts';
import type { CommandHandler } from '../command-handler.ts';
import { limited } from '../limits.ts';
import type { GatewaySocket, IoServer } from './rooms.ts';

export interface ConnectionLimitOptions {
  /** Sockets of one address; 0 for any number. */
  limit: number;
  proxies: TrustedProxies;
  metrics: Metrics;
}

type Connection = GatewaySocket['conn'];

/** Counts the connections of each address to this instance. Whoever is one too many is told why, and whoever still goes on is not let in at all. */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  /** By address, in the order in which they came. */
  readonly #open = new Map<string, Set<Connection>>();

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /** Whether a handshake is worth an answer. */
  admits(request: IncomingMessage): boolean {
    const { limit, proxies } = this.#options;
    return limit === 0 || (this.#open.get(addressOf(request, proxies))?.size ?? 0) < 2 * limit;
  }

  /** Refuses the sockets beyond the limit by a `connect_error` whose data is the reply of a refusal. */
  attach(io: IoServer, handler: Pick<CommandHandler, 'refuse'>): void {
    const { limit, proxies, metrics } = this.#options;
    if (limit === 0) return;
    io.engine.on('connection', (connection: Connection) => {
      const address = addressOf(connection.request, proxies);
      const open = this.#open.get(address) ?? new Set();
      this.#open.set(address, open.add(connection));
      connection.once('close', () => {
        open.delete(connection);
        if (open.size === 0) this.#open.delete(address);
      });
    });
    io.use((socket, next) => {
      const connection = socket.conn;
      const open = this.#open.get(addressOf(connection.request, proxies)) ?? new Set();
      if (open.size <= limit || [...open].indexOf(connection) < limit) {
        next();
        return;
      }
      const reply = handler.refuse(limited('connections', metrics));
      next(Object.assign(new Error(reply.error.message), { data: reply.error }));
      // After the refusal is on its way.
      setImmediate(() => connection.close());
    });
  }
}
