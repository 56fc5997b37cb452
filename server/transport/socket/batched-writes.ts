import type { IoServer } from './rooms.ts';
import type { Connection } from './websocket.ts';

/** The parts of a connection that its types keep to itself. */
interface Internals {
  flush(): void;
  /** What waits to be sent. */
  writeBuffer: readonly unknown[];
}

/**
 * Lets whatever a connection is sent in one turn of the event loop leave together, above all an update and the acknowledgement of the command that made it:
 * one system call instead of one each. The last promise of the turn is awaited, no timer. And what a room is told goes to one socket after the other without
 * anything between, which is faster than to prepare and send in turn.
 *
 * `heldUp` is called for a connection that has not got rid of what it was sent before.
 */
export function batchWrites(io: IoServer, heldUp: (connection: Connection) => void): void {
  let due: (() => void)[] = [];
  const flushAll = () => {
    const flushes = due;
    due = [];
    for (const flush of flushes) flush();
  };
  io.engine.on('connection', (connection: Connection) => {
    const internals = connection as unknown as Internals;
    const flush = internals.flush.bind(connection);
    const tcp = connection.request.socket;
    let isDue = false;
    const flushNow = () => {
      isDue = false;
      if (!connection.transport.writable) return heldUp(connection);
      const several = internals.writeBuffer.length > 1;
      if (several) tcp.cork();
      flush();
      if (several) tcp.uncork();
    };
    internals.flush = () => {
      if (isDue || internals.writeBuffer.length === 0) return;
      isDue = true;
      if (due.push(flushNow) === 1) process.nextTick(flushAll);
    };
  });
}
