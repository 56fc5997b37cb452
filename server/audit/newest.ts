import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { ArchivedSession } from '../engine/trail-ports.ts';
import type { PrismaClient } from './generated/client.ts';
import { hashOfRow } from './history-event.ts';
import { stateAt } from './state-at.ts';

/**
 * The newest state of an id, also of a deleted one. The session's row always names an event that arrived with it or
 * before it. Throws NewerSchemaError.
 */
export async function newest(database: PrismaClient, sessionId: string, schema: Schema = SCHEMA): Promise<ArchivedSession | 'unknown'> {
  const session = await database.syncSession.findUnique({ where: { session_id: sessionId } });
  if (session === null) return 'unknown';
  const found = await stateAt(database, sessionId, session, schema);
  // If its snapshots have not arrived, the state found may be of the previous incarnation.
  if (found === null || found.state.created_at !== session.created_at.toISOString()) return 'unknown';
  return { state: found.state, lastHash: hashOfRow(found.row), deleted: session.deleted_at !== null };
}
