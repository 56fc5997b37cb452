import { refuse } from '../domain/refusal.ts';
import type { Engine } from '../engine/engine.ts';
import type { Trail } from '../engine/ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Gate } from '../util/gate.ts';
import { type Answer, answerWith } from './answers.ts';
import type { Call } from './commands.ts';
import { HistoryAnswer } from './history-answer.ts';
import { limited } from './limits.ts';
import type { Parsed } from './schemas.ts';

/** Pages that an instance reads at a time, each about a megabyte, and how long others wait for their turn. */
const PAGES = { places: 2, patienceMs: 2_000 };
const RETRY_MS = 1_000;

/** `session:history`: reads the trail, a few pages at a time. */
export function createHistoryCommand({ engine, trail, metrics }: { engine: Engine; trail: Trail | undefined; metrics: Metrics }) {
  const pages = new Gate(PAGES);
  return async ({ session_id, after_version, limit, event_types }: Parsed<'session:history'>, call: Call): Promise<Answer> => {
    if (call.permit?.authorize !== undefined) {
      const outcome = await engine.get(session_id, { arrival: call.arrival, authorize: call.permit.authorize });
      if (!outcome.ok) return outcome;
    }
    if (trail === undefined) return { ...refuse('SERVICE_UNAVAILABLE', 'This server keeps no audit trail'), retryable: false };
    // A deletion may not have reached the trail yet.
    const [history, gone] = await Promise.all([
      pages.run(() => trail.history(session_id, after_version, limit, event_types)),
      engine.wasDeleted(session_id),
    ]);
    if (history === null) return limited('history', metrics, RETRY_MS);
    if (gone || history === 'deleted') return refuse('SESSION_NOT_FOUND', `No session ${session_id}`);
    if (history !== 'unknown') return { ok: true, data: new HistoryAnswer(history) };
    // Nothing has arrived in the trail; the session may be so young that it is only in Redis.
    const outcome = await engine.get(session_id, { arrival: call.arrival });
    return answerWith(outcome, () => new HistoryAnswer({ events: [], next_after_version: after_version }));
  };
}
