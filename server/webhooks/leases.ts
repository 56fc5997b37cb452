import { randomUUID } from 'node:crypto';
import type { PrismaClient, WebhookEndpoint } from '../audit/generated/client.ts';

/** An endpoint with a lease: whoever holds it is the only one that delivers to it. */
export interface Lease {
  endpoint: string;
  lease: string;
}

/** When a worker dies, another one may deliver to its endpoints after this time, s. */
const LEASE_SECONDS = 30;
/** Endpoints claimed by one statement. */
const CLAIMED_MAX = 100;

/**
 * Claims endpoints that have something due and that nobody delivers to: all of them, or those named. Rows that another
 * worker claims just now are skipped.
 */
export async function claimEndpoints(database: PrismaClient, only?: readonly string[]): Promise<Lease[]> {
  const lease = randomUUID();
  const claimed = await database.$queryRaw<{ id: string }[]>`
    UPDATE webhook_endpoints SET lease = ${lease}, leased_until = now() + ${LEASE_SECONDS} * interval '1 s'
    WHERE id IN (
      SELECT id FROM webhook_endpoints AS endpoint
      WHERE disabled_at IS NULL AND deleted_at IS NULL AND (leased_until IS NULL OR leased_until < now())
        AND (${only === undefined} OR id = ANY (${only ?? []}::text[]))
        AND EXISTS (SELECT FROM webhook_deliveries AS due
                    WHERE due.endpoint_id = endpoint.id AND due.status = 'pending' AND due.next_attempt_at <= now())
      LIMIT ${CLAIMED_MAX} FOR NO KEY UPDATE SKIP LOCKED
    ) RETURNING id`;
  return claimed.map(({ id }) => ({ endpoint: id, lease }));
}

/**
 * Keeps a lease for longer. Returns the endpoint as it is now; null if the lease was lost, or the endpoint disabled or
 * deleted.
 */
export async function renewLease(database: PrismaClient, { endpoint, lease }: Lease): Promise<WebhookEndpoint | null> {
  const rows = await database.$queryRaw<WebhookEndpoint[]>`
    UPDATE webhook_endpoints SET leased_until = now() + ${LEASE_SECONDS} * interval '1 s'
    WHERE id = ${endpoint} AND lease = ${lease} AND disabled_at IS NULL AND deleted_at IS NULL
    RETURNING *`;
  return rows[0] ?? null;
}

/** Gives a lease back. Does nothing if it was lost. */
export async function releaseLease(database: PrismaClient, { endpoint, lease }: Lease): Promise<void> {
  await database.$executeRaw`UPDATE webhook_endpoints SET lease = NULL, leased_until = NULL WHERE id = ${endpoint} AND lease = ${lease}`;
}
