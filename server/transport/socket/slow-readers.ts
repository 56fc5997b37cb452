import { type EngineConnection, unsentOf, webSocketOf } from '../../internals/engine.io.ts';
import { reset } from '../../internals/ws.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { IoServer } from './rooms.ts';

/** What may wait behind a message that is still on its way to a peer. */
const UNSENT_MAX_BYTES = 1024 * 1024;
/** How long a peer may take to let that much pass: a burst to someone who reads goes out well before. */
const PATIENCE_MS = 1_000;

/**
 * Ends connections whose peer does not take what it is sent, so that nobody else pays for it: Engine.IO keeps one batch
 * on its way and collects what comes meanwhile, without a limit. Whoever has more than 1 MiB collected, none of which
 * could be sent for a second, is cut off. The stock client comes back by itself and joins again.
 *
 * Returns what is to be called when something has to wait for what was sent before; a listener to each message of each
 * socket would cost everybody.
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
      // Characters for text, which is JSON: counting its bytes would mean reading each message once more for each
      // socket.
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
