import type { ClockRule } from './clock-rule.ts';
import { activeParticipant, nextInOrder } from './rotation.ts';
import { grow } from './rule-bank.ts';

/** Everybody has a bank; the active participant's drains. A chess clock. */
export const perParticipant: ClockRule = {
  sessionClock: false,
  adjusts: 'participant_id',
  charge(draft, elapsed) {
    const active = activeParticipant(draft);
    if (active?.total_time_ms != null) active.total_time_ms -= elapsed;
  },
  left: (state) => activeParticipant(state)?.total_time_ms ?? null,
  hasTime: (_state, participant) => (participant.total_time_ms ?? 0) > 0,
  increment: (draft) => grow(activeParticipant(draft), draft),
  successor: (state) => nextInOrder(state, (participant) => (participant.total_time_ms ?? 0) > 0),
  markExpired(draft) {
    const active = activeParticipant(draft);
    if (active !== undefined) active.has_expired = true;
  },
  holder: (state) => ({ participant_id: state.active_participant_id, group_id: null }),
};
