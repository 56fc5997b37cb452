import { type EngineConnection, deferFlush, unsentOf } from '../../internals/engine.io.ts';
import type { IoServer } from './rooms.ts';

/** With more connections than this to write to, others get their turn in between. */
const MANY = 64;
/** How long writing to many holds the event loop at a time, ms; the time is looked at after every so many of them. */
const SLICE_MS = 2;
const LOOK_AFTER = 8;

/**
 * Sends together what a connection is sent in one turn of the event loop, above all an update and the acknowledgement
 * of its command: one system call instead of one each. Waits for the last promise of the turn, not for a timer. A
 * room's sockets are written one after the other with nothing in between, which is faster than preparing and sending in
 * turn; but a crowd's are written in slices, so that nobody else waits for all of them.
 *
 * Calls `heldUp` for a connection that could not yet send what it was sent before.
 */
export function batchWrites(io: IoServer, heldUp: (connection: EngineConnection) => void): void {
  let due: (() => void)[] = [];
  const flushAll = () => {
    const flushes = due;
    due = [];
    if (flushes.length > MANY) flushSome(flushes, 0);
    else for (const flush of flushes) flush();
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

/** Writes to a crowd for a while, and to the rest of it after others had their turn. */
function flushSome(flushes: readonly (() => void)[], from: number): void {
  const until = performance.now() + SLICE_MS;
  for (let next = from; next < flushes.length; next++) {
    flushes[next]?.();
    if (next % LOOK_AFTER !== 0 || performance.now() < until) continue;
    setImmediate(flushSome, flushes, next + 1);
    return;
  }
}
