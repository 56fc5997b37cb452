import type { SessionState } from '#contract';
import { type RecordedEvent, replay } from '../domain/replay.ts';
import type { PrismaClient } from './generated/client.ts';
import { toRecordedEvent } from './history-event.ts';
import { presentIncarnation, unbrokenRun } from './history.ts';

const PAGE = 100;

/**
 * All events of a session, in order, also of a deleted one. Ends at the first gap. An event without a snapshot gets the
 * state that the rules give; null if they give none. Null if the trail does not know the session.
 */
export async function fullHistory(database: PrismaClient, sessionId: string): Promise<AsyncGenerator<RecordedEvent> | null> {
  const incarnation = await presentIncarnation(database, sessionId);
  if (incarnation === null) return null;
  const newestFirst = incarnation.keys.toSorted((a, b) => a.version - b.version || (a.epoch < b.epoch ? 1 : -1));
  const run = unbrokenRun(newestFirst, 0, incarnation.begin);
  return (async function* () {
    let state: SessionState | null = null;
    for (let page = 0; page < run.length; page += PAGE) {
      const keys = run.slice(page, page + PAGE).map(({ epoch, version }) => ({ epoch, version }));
      const rows = await database.syncEvent.findMany({ where: { session_id: sessionId, OR: keys }, orderBy: { version: 'asc' } });
      for (const row of rows) {
        const event = toRecordedEvent(row);
        state = event.state_snapshot ?? replay(state, event).state;
        yield { ...event, state_snapshot: state };
      }
    }
  })();
}
