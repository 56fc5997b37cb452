import type { SessionState } from '#contract';
import { type RecordedEvent, replay } from '../domain/replay.ts';
import type { PrismaClient } from './generated/client.ts';
import { rowsAt } from './event-rows.ts';
import { toRecordedEvent } from './history-event.ts';
import { presentIncarnation, unbrokenRun } from './history.ts';

const PAGE = 100;

/**
 * All events of a session, in order, also of a deleted one. Ends at the first gap. An event without a snapshot gets the
 * state to which its changes or the rules lead; null if they lead to none. Null if the trail does not know the session.
 */
export async function fullHistory(database: PrismaClient, sessionId: string): Promise<AsyncGenerator<RecordedEvent> | null> {
  const incarnation = await presentIncarnation(database, sessionId);
  if (incarnation === null) return null;
  const newestFirst = incarnation.keys.toSorted((a, b) => a.version - b.version || (a.epoch < b.epoch ? 1 : -1));
  const run = unbrokenRun(newestFirst, 0, incarnation.begin);
  return (async function* () {
    let state: SessionState | null = null;
    for (let page = 0; page < run.length; page += PAGE) {
      for (const row of await rowsAt(database, sessionId, run.slice(page, page + PAGE))) {
        const event = toRecordedEvent(row);
        if (event.state_snapshot === null) {
          const { told, state: led } = replay(state, event);
          state = told ?? led;
        } else {
          state = event.state_snapshot;
        }
        yield { ...event, state_snapshot: state };
      }
    }
  })();
}
