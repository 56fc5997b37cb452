import { type EngineConnection, unsentOf, webSocketOf } from '../../internals/engine.io.ts';
import { reset } from '../../internals/ws.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { IoServer } from './rooms.ts';

/** How much may wait behind a message that is being sent to a peer. */
const UNSENT_MAX_BYTES = 1024 * 1024;
/** How long a peer may take to accept any of it; a peer that reads takes a burst much sooner. */
const PATIENCE_MS = 1_000;

/**
 * Ends connections whose peer does not read, so that others do not pay for it: Engine.IO sends one batch at a time and
 * collects the rest without a limit. A peer is cut off when more than 1 MiB is collected and nothing could be sent for
 * a second. The standard client reconnects and joins again.
 *
 * Returns the function to call when a connection could not yet send what came before; a listener for each message of
 * each socket would slow down everybody.
 */
export function cutSlowReaders(
  io: IoServer,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): (connection: EngineConnection) => void {
  const behind = new WeakMap<EngineConnection, { waiting: number; counted: number; timer?: NodeJS.Timeout }>();
  const isBack = (connection: EngineConnection) => {
    clearTimeout(behind.get(connection)?.timer);
    behind.delete(connection);
  };
  io.engine.on('connection', (connection: EngineConnection) => {
    connection.on('close', () => isBack(connection));
  });
  return (connection) => {
    const peer = behind.get(connection) ?? { waiting: 0, counted: 0 };
    if (peer.counted === 0) {
      behind.set(connection, peer);
      connection.once('flush', () => isBack(connection));
    }
    const unsent = unsentOf(connection);
    for (; peer.counted < unsent.length; peer.counted++) {
      // Counts text in characters, since counting bytes would read each message again for each socket.
      peer.waiting += unsent[peer.counted]?.data?.length ?? 0;
    }
    if (peer.waiting <= UNSENT_MAX_BYTES) return;
    peer.timer ??= setTimeout(() => {
      logger.warn({ remote: connection.remoteAddress, unsent_bytes: peer.waiting }, 'a peer does not read; its connection was cut');
      metrics.slowReaders.inc();
      reset(webSocketOf(connection));
    }, PATIENCE_MS);
  };
}
