import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { KoaAdapter } from '@bull-board/koa';
import type { Middleware } from 'koa';
import type { Logger } from '../observability/logger.ts';
import { connectRedis } from '../store/connection.ts';
import { closeQueue, openQueue } from './queue.ts';

export interface BoardOptions {
  redisUrl: string;
  keyPrefix: string;
  logger: Logger;
  /** The path of the pages, such as `/admin/queues`. */
  path: string;
  /** The prefix (BASE_PATH) that browsers use in front of it; may be empty. */
  basePath: string;
}

export interface Board {
  /** Serves everything below the path without asking who requests it; the caller must authenticate requests. */
  middleware: Middleware;
  /** Ends the connection, once. Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens Bull Board, which shows the audit queue and its failed jobs. It is read-only, because the events of a removed
 * job would be lost. `npm run audit -- retry` retries failed jobs.
 */
export function openBoard({ redisUrl, keyPrefix, logger, path, basePath }: BoardOptions): Board {
  const redis = connectRedis(redisUrl, 'commands', 'audit-board', logger);
  const queue = openQueue(redis, keyPrefix, logger);
  const adapter = new KoaAdapter();
  adapter.setBasePath(basePath + path);
  createBullBoard({
    queues: [new BullMQAdapter(queue, { readOnlyMode: true })],
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'SyncKairos audit' } },
  });
  // By default the adapter sends the stack of an error.
  adapter.setErrorHandler(() => ({ status: 500, body: { error: 'The audit queue is out of reach' } }));
  let closing: Promise<void> | undefined;
  const close = async () => {
    await closeQueue(queue, logger);
    redis.disconnect();
  };
  return { middleware: adapter.registerPlugin({ mount: path }), close: () => (closing ??= close()) };
}
