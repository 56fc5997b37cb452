import Router from '@koa/router';
import { DRIFT_TOLERANCE_MS, type TimeData } from '#contract';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';

/** The state of a part of the service, as `/ready` tells it. */
export type Health = 'ok' | 'degraded' | 'down' | 'off';

export interface SystemRoutesOptions {
  now(): number;
  errorBound(): number;
  /** The state of each part, and whether this instance should get traffic. */
  readiness(): Promise<{ ready: boolean; checks: { redis: Health; database: Health; audit: Health } }>;
  serverVersion: string;
  metrics: Metrics;
  logger: Logger;
}

/** Routes for clocks, probes and dashboards. Their answers have no envelope. */
export function systemRoutes(options: SystemRoutesOptions): Router[] {
  const { now, errorBound, readiness, serverVersion } = options;
  const router = new Router();
  const probes = new Router({ strict: true, sensitive: true });

  router.get(['/time', '/v1/time'], (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      timestamp_ms: now(),
      server_version: serverVersion,
      drift_tolerance_ms: DRIFT_TOLERANCE_MS,
      error_bound_ms: errorBound(),
    } satisfies TimeData;
  });

  probes.get('/health', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok' };
  });

  probes.get('/ready', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const { ready, checks } = await readiness();
    ctx.status = ready ? 200 : 503;
    ctx.body = { status: ready ? 'ready' : 'not_ready', checks };
  });
  return [router, probes];
}
