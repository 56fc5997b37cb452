import { type EngineConnection, deferFlush, unsentOf } from '../../internals/engine.io.ts';
import type { IoServer } from './rooms.ts';

/**
 * Lets whatever a connection is sent in one turn of the event loop leave together, above all an update and the
 * acknowledgement of the command that made it: one system call instead of one each. The last promise of the turn is
 * awaited, no timer. And what a room is told goes to one socket after the other without anything between, which is
 * faster than to prepare and send in turn.
 *
 * `heldUp` is called for a connection that has not got rid of what it was sent before.
 */
export function batchWrites(io: IoServer, heldUp: (connection: EngineConnection) => void): void {
  let due: (() => void)[] = [];
  const flushAll = () => {
    const flushes = due;
    due = [];
    for (const flush of flushes) flush();
  };
  io.engine.on('connection', (connection: EngineConnection) => {
    const tcp = connection.request.socket;
    let isDue = false;
    const flushNow = () => {
      isDue = false;
      if (!connection.transport.writable) return heldUp(connection);
      const several = unsentOf(connection).length > 1;
      if (several) tcp.cork();
      flush();
      if (several) tcp.uncork();
    };
    const flush = deferFlush(connection, () => {
      if (isDue || unsentOf(connection).length === 0) return;
      isDue = true;
      if (due.push(flushNow) === 1) process.nextTick(flushAll);
    });
  });
}
