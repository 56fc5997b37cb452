import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { GatewaySocket, IoServer } from './rooms.ts';

/** What may wait behind a message that is still on its way to a peer. */
const UNSENT_MAX_BYTES = 1024 * 1024;
/** How long a peer may take to let that much pass: a burst to someone who reads goes out well before. */
const PATIENCE_MS = 1_000;

type Connection = GatewaySocket['conn'];

/**
 * Ends connections whose peer does not take what it is sent, so that nobody else pays for it: Engine.IO keeps one batch on its way and collects what comes
 * meanwhile, without a limit. Whoever has more than 1 MiB collected, none of which could be sent for a second, is cut off, and so is whoever
 * missed the heartbeat, whose closing handshake would never end. The stock client comes back by itself and joins again.
 */
export function cutSlowReaders(io: IoServer, { logger, metrics }: { logger: Logger; metrics: Metrics }): void {
  io.engine.on('connection', (connection: Connection) => {
    let waiting = 0;
    let timer: NodeJS.Timeout | undefined;
    const cut = () => {
      logger.warn({ remote: connection.remoteAddress, unsent_bytes: waiting }, 'a peer does not read; its connection was cut');
      metrics.slowReaders.inc();
      reset(connection);
    };
    connection.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
      // What is written at once waits for nobody. That is the usual case, and this is on the way of every message to everybody.
      if (connection.transport.writable) return;
      // Characters for text, which is JSON: counting its bytes would mean reading each message once more for each socket.
      waiting += data?.length ?? 0;
      if (waiting > UNSENT_MAX_BYTES) timer ??= setTimeout(cut, PATIENCE_MS);
    });
    connection.on('flush', () => {
      waiting = 0;
      clearTimeout(timer);
      timer = undefined;
    });
    connection.on('close', (reason) => {
      clearTimeout(timer);
      if (reason === 'ping timeout') reset(connection);
    });
  });
}

/** Frees everything at once, the kernel's buffers too. A closing handshake needs a peer who reads. */
function reset(connection: Connection): void {
  connection.request.socket.resetAndDestroy();
}
