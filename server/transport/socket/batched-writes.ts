import type { GatewaySocket, IoServer } from './rooms.ts';

/** The part of a connection that its types keep to itself. */
interface Internals {
  flush(): void;
}

/**
 * Lets whatever a connection is sent in one turn of the event loop leave together, above all an update and the acknowledgement of the command that made it:
 * one system call instead of one each. The last promise of the turn is awaited, no timer.
 */
export function batchWrites(io: IoServer): void {
  io.engine.on('connection', (connection: GatewaySocket['conn']) => {
    const internals = connection as unknown as Internals;
    const flush = internals.flush.bind(connection);
    const tcp = connection.request.socket;
    let due = false;
    const flushAll = () => {
      due = false;
      tcp.cork();
      flush();
      tcp.uncork();
    };
    internals.flush = () => {
      if (due) return;
      due = true;
      process.nextTick(flushAll);
    };
  });
}
