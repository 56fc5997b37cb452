import type { HistoryEvent, SessionState } from '#contract';
import type { Stage } from './stage.ts';

const BATCH = 1_000;

/** An expiry as the outbox has it. */
export interface RecordedExpiry {
  sessionId: string;
  /** Unix ms of the deadline. */
  expiredAt: number;
  /** Unix ms of the clock of Redis at the commit, rounded down: the id that XADD gave. */
  committedAt: number;
}

/** Every expiry in the outbox. The ids of its entries hold the instant of Redis at the commit. */
export async function recordedExpiries(stage: Stage): Promise<RecordedExpiry[]> {
  const found: RecordedExpiry[] = [];
  for (const stream of stage.outboxes()) {
    let from = '-';
    for (;;) {
      const entries = await stage.redis.xrange(stream, from, '+', 'COUNT', BATCH);
      for (const [id, fields] of entries) {
        const event = JSON.parse(fields[fields.indexOf('event') + 1] ?? '{}') as HistoryEvent;
        if (event.event_type !== 'participant_expired') continue;
        found.push({ sessionId: event.session_id, expiredAt: Date.parse(event.timestamp), committedAt: Number.parseInt(id, 10) });
      }
      const last = entries.at(-1)?.[0];
      if (last === undefined || entries.length < BATCH) break;
      from = `(${last}`;
    }
  }
  return found;
}

/** What went wrong with deadlines that each had to fire exactly once and not before the grace was over. */
export interface Faults {
  early: number;
  double: number;
  missing: number;
  /** Recorded as of another instant than the deadline. */
  wrong: number;
}

export function faultsOf(states: SessionState[], expiries: RecordedExpiry[], graceMs: number): Faults {
  const deadlines = new Map(states.map((state) => [state.session_id, Date.parse(state.deadline_at ?? '')]));
  const fired = new Set<string>();
  const faults: Faults = { early: 0, double: 0, missing: 0, wrong: 0 };
  for (const { sessionId, expiredAt, committedAt } of expiries) {
    const deadline = deadlines.get(sessionId);
    if (deadline === undefined || expiredAt !== deadline) faults.wrong += 1;
    if (committedAt < expiredAt + graceMs) faults.early += 1;
    if (fired.has(sessionId)) faults.double += 1;
    fired.add(sessionId);
  }
  faults.missing = states.filter((state) => !fired.has(state.session_id)).length;
  return faults;
}
