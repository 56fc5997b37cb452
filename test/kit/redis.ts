import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis, type RedisClient } from '../../server/store/connection.ts';

/** A connection to look into Redis, or to spoil what is there; it waits for Redis as long as it takes. Whoever opens it disconnects it. */
export function lookInto(url: string): RedisClient {
  return connectRedis(url, 'blocking', 'test', createLogger('silent', 'test'));
}
