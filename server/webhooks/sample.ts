import type { PrismaClient } from '../audit/generated/client.ts';
import type { Metrics } from '../observability/metrics.ts';

interface Sample {
  enabled: number;
  disabled: number;
  pending: number;
  lag_ms: number | null;
}

/** Beyond so many pending deliveries the metric counts no further. */
const COUNTED_MAX = 10_000;

/**
 * Brings the metrics of webhooks up to date. Returns whether there are endpoints that get something. Rejects with
 * Prisma's error.
 */
export async function sampleWebhooks(database: PrismaClient, metrics: Metrics): Promise<boolean> {
  const [sample] = await database.$queryRaw<Sample[]>`
    SELECT count(*) FILTER (WHERE disabled_at IS NULL)::int AS enabled, count(disabled_at)::int AS disabled,
           coalesce((SELECT count(*)::int FROM (SELECT FROM webhook_deliveries WHERE status = 'pending' LIMIT ${COUNTED_MAX}) AS counted), 0) AS pending,
           (extract(epoch FROM now() - min(oldest.next_attempt_at) FILTER (WHERE disabled_at IS NULL)) * 1000)::float8 AS lag_ms
    FROM webhook_endpoints AS endpoint LEFT JOIN LATERAL (
      SELECT next_attempt_at FROM webhook_deliveries AS due WHERE due.endpoint_id = endpoint.id AND due.status = 'pending'
      ORDER BY next_attempt_at LIMIT 1
    ) AS oldest ON true
    WHERE deleted_at IS NULL`;
  if (sample === undefined) return false;
  metrics.webhookEndpoints.set({ status: 'enabled' }, sample.enabled);
  metrics.webhookEndpoints.set({ status: 'disabled' }, sample.disabled);
  metrics.webhookPending.set(sample.pending);
  metrics.webhookLag.set(Math.max(0, sample.lag_ms ?? 0));
  return sample.enabled > 0;
}

/**
 * Measures for how long events wait for the feed, because a transaction that began before them has not ended. Rejects
 * with Prisma's error.
 */
export async function sampleFeed(database: PrismaClient, metrics: Metrics): Promise<void> {
  const [first] = await database.$queryRaw<{ age_ms: number }[]>`
    SELECT (extract(epoch FROM now() - "timestamp") * 1000)::float8 AS age_ms FROM sync_events
    WHERE recorded_in >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY recorded_in LIMIT 1`;
  metrics.feedHeldBack.set(first === undefined ? 0 : Math.max(1, first.age_ms));
}
