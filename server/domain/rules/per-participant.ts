import type { ClockRule } from '../clock-rule.ts';
import { activeParticipant, nextInOrder } from '../rotation.ts';

/** Everybody has a bank; the active participant's drains. A chess clock. */
export const perParticipant: ClockRule = {
  sessionClock: false,
  charge(draft, elapsed) {
    const active = activeParticipant(draft);
    if (active?.total_time_ms != null) active.total_time_ms -= elapsed;
  },
  left: (state) => activeParticipant(state)?.total_time_ms ?? null,
  hasTime: (_state, participant) => (participant.total_time_ms ?? 0) > 0,
  increment(draft) {
    const active = activeParticipant(draft);
    if (active?.total_time_ms == null) return;
    active.total_time_ms = Math.min(active.total_time_ms + draft.increment_ms, draft.max_time_ms ?? Number.MAX_SAFE_INTEGER);
  },
  successor: (state) => nextInOrder(state, (participant) => (participant.total_time_ms ?? 0) > 0),
};
