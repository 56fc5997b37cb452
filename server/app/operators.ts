import type { OperatorOptions } from '../transport/http/operator-app.ts';
import { BOARD_PATH } from '../transport/http/operators.ts';
import type { Base } from './base.ts';

export type OperatorsPart = Awaited<ReturnType<typeof openOperators>>;

/** Opens what operators use: the metrics, and the board if they can sign in and this server keeps a trail. */
export async function openOperators({ config, logger }: Base) {
  const { ADMIN_USER: user, ADMIN_PASSWORD: password, REDIS_URL: redisUrl, KEY_PREFIX: keyPrefix } = config;
  const credentials = user === undefined || password === undefined ? undefined : { user, password };
  if (config.NODE_ENV === 'production' && credentials !== undefined && config.OPERATOR_PORT === undefined) {
    logger.warn('ADMIN_USER without OPERATOR_PORT: whoever reaches this server may try to sign in as an operator');
  }
  const hasBoard = credentials !== undefined && config.AUDIT_WORKER !== 'none';
  // BASE_PATH does not apply to a port of their own.
  const basePath = config.OPERATOR_PORT === undefined ? config.BASE_PATH : '';
  // Loaded only if it is used, since it costs 220 ms of CPU and 10 MB.
  const board = hasBoard
    ? (await import('../audit/board.ts')).openBoard({ redisUrl, keyPrefix, logger, path: BOARD_PATH, basePath })
    : undefined;
  const operator: OperatorOptions = { credentials, board: board?.middleware, guardMetrics: config.METRICS_AUTH === 'admin' };
  return {
    operator,
    /** Closes the board's connection to Redis. Never rejects. */
    async close(): Promise<void> {
      await board?.close();
    },
  };
}
