import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { ArchivedSession } from '../engine/ports.ts';
import type { PrismaClient } from './generated/client.ts';
import { hashOfRow } from './history-event.ts';
import { stateAt } from './state-at.ts';

/** The newest state of a session. A session's row always names an event that arrived with it or before it. Throws NewerSchemaError. */
export async function newest(
  database: PrismaClient,
  sessionId: string,
  schema: Schema = SCHEMA,
): Promise<ArchivedSession | 'unknown' | 'deleted'> {
  const session = await database.syncSession.findUnique({ where: { session_id: sessionId } });
  if (session === null) return 'unknown';
  if (session.deleted_at !== null) return 'deleted';
  const found = await stateAt(database, sessionId, session, schema);
  return found === null ? 'unknown' : { state: found.state, lastHash: hashOfRow(found.row) };
}
