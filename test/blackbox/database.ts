import pg from 'pg';

const EVENTS = `SELECT session_id, epoch::float8, version, event_type, "timestamp", participant_id, group_id, time_elapsed_ms::float8,
  time_remaining_ms::float8, state_snapshot, metadata FROM sync_events WHERE session_id = $1 ORDER BY version`;
const SESSIONS = `SELECT session_id, epoch::float8, version, sync_mode, status, cycle_count, created_at, updated_at, session_started_at,
  session_completed_at, deleted_at FROM sync_sessions WHERE session_id = $1`;

export interface Tables {
  events: { event_type: string; timestamp: string }[];
  session: object[];
}

/** What the trail's tables hold of a session, instants as ISO text. */
export async function tablesOf(databaseUrl: string, sessionId: string): Promise<Tables> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const [events, session] = [await client.query(EVENTS, [sessionId]), await client.query(SESSIONS, [sessionId])];
    return JSON.parse(JSON.stringify({ events: events.rows, session: session.rows })) as Tables;
  } finally {
    await client.end();
  }
}
