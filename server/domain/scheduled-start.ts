import { startOf } from '#clock';
import type { JsonObject, SessionState } from '#contract';
import { decide } from './decide.ts';
import type { SessionEvent } from './event.ts';

/** Whether an event is a start that happened by itself. */
export function isScheduledStart({ event_type, metadata }: { event_type: string; metadata: JsonObject }): boolean {
  return event_type === 'session_started' && metadata['scheduled'] === true;
}

/** Starts a pending session as of the planned instant, however late that is done. */
export function startScheduled(state: SessionState): SessionEvent {
  const at = startOf(state) ?? Date.parse(state.updated_at);
  const decision = decide(state, { type: 'start' }, at, { note: { scheduled: true } });
  if (!decision.ok) throw new Error(`a pending session can be started: ${decision.message}`);
  return decision.event;
}
