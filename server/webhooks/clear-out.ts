import type { PrismaClient } from '../audit/generated/client.ts';

/** How long what came of a delivery is kept, and a deleted endpoint. */
export const KEPT_DAYS = 30;
/** Rows deleted by one statement, so that no other statement waits long. */
const BATCH = 5_000;

/**
 * Deletes deliveries that were recorded long ago, unless they are still due to an endpoint that is enabled, and what is
 * left of deleted endpoints. Rejects with Prisma's error.
 */
export async function clearOut(database: PrismaClient): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH;) {
    deleted = await database.$executeRaw`
      DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(
        SELECT delivery.ctid FROM webhook_endpoints AS endpoint JOIN webhook_deliveries AS delivery ON delivery.endpoint_id = endpoint.id
        WHERE deleted_at IS NOT NULL
           OR (recorded_at < now() - ${KEPT_DAYS} * interval '1 day' AND (status <> 'pending' OR disabled_at IS NOT NULL))
        LIMIT ${BATCH}))`;
  }
  await database.$executeRaw`DELETE FROM webhook_endpoints WHERE deleted_at < now() - ${KEPT_DAYS} * interval '1 day'`;
}
