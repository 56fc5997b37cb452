import { connectAll } from '../store/connections.ts';
import { watchEviction } from '../store/eviction.ts';
import type { Base } from './base.ts';

export type RedisPart = Awaited<ReturnType<typeof openRedis>>;

/**
 * Connects to Redis and begins to watch its eviction policy. Throws when Redis does not answer in time; nothing stays
 * open then.
 */
export async function openRedis({ config, logger, metrics }: Base) {
  const { ready, disconnect, ...connections } = connectAll(config.REDIS_URL, logger);
  try {
    await ready();
    const eviction = await watchEviction(connections.outbox, logger, metrics);
    return {
      ...connections,
      /** Closes the connections without waiting for answers. */
      close() {
        eviction.close();
        disconnect();
      },
    };
  } catch (error) {
    disconnect();
    throw error;
  }
}
