import type { Logger } from '../observability/logger.ts';
import { batchCommands } from './batched-commands.ts';
import { connectRedis, whenReady } from './connection.ts';
import { connectSubscriber } from './subscriber.ts';

/**
 * Opens an instance's connections, one a purpose: whoever waits for a large reply must not hold up a command or a clock
 * sample.
 */
export function connectAll(url: string, logger: Logger) {
  const connect = (name: string) => connectRedis(url, 'commands', name, logger);
  const commands = connect('commands');
  batchCommands(commands);
  const clock = connect('clock');
  const publisher = connect('publisher');
  const outbox = connect('outbox');
  const subscriber = connectSubscriber(url, logger);
  return {
    commands,
    clock,
    publisher,
    outbox,
    subscriber,
    /** Rejects when Redis does not answer in time. */
    ready: () => Promise.all([commands, clock, publisher, outbox].map(whenReady)),
    disconnect: () => [commands, clock, publisher, outbox, subscriber.redis].forEach((connection) => connection.disconnect()),
  };
}
