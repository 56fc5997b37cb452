import type { SessionState } from '#contract';
import { readSnapshot, SCHEMA, type Schema } from '../domain/schema.ts';
import type { ArchivedSession } from '../engine/ports.ts';
import type { PrismaClient } from './generated/client.ts';
import { hashOfRow } from './history-event.ts';

/** The newest snapshot of a session. A session's row always names an event that arrived with it or before it. Throws NewerSchemaError. */
export async function newest(
  database: PrismaClient,
  sessionId: string,
  schema: Schema = SCHEMA,
): Promise<ArchivedSession | 'unknown' | 'deleted'> {
  const session = await database.syncSession.findUnique({ where: { session_id: sessionId } });
  if (session === null) return 'unknown';
  if (session.deleted_at !== null) return 'deleted';
  const { session_id, epoch, version } = session;
  const row = await database.syncEvent.findUnique({ where: { session_id_epoch_version: { session_id, epoch, version } } });
  return row === null ? 'unknown' : { state: readSnapshot(row.state_snapshot, schema) as SessionState, lastHash: hashOfRow(row) };
}
