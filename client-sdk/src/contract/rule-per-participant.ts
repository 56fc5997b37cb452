import type { ClockRule } from './clock-rule.ts';
import { activeParticipant, change, nextInOrder } from './rotation.ts';
import { grown } from './rule-bank.ts';

/** Everybody has a bank; the active participant's drains. A chess clock. */
export const perParticipant: ClockRule = {
  sessionClock: false,
  adjusts: 'participant_id',
  charge(draft, elapsed) {
    const active = activeParticipant(draft);
    if (active?.total_time_ms != null) change(draft.participants, active, { total_time_ms: active.total_time_ms - elapsed });
  },
  left: (state) => activeParticipant(state)?.total_time_ms ?? null,
  hasTime: (_state, participant) => (participant.total_time_ms ?? 0) > 0,
  increment(draft) {
    const active = activeParticipant(draft);
    change(draft.participants, active, { total_time_ms: grown(active, draft) });
  },
  successor: (state) => nextInOrder(state, (participant) => (participant.total_time_ms ?? 0) > 0),
  markExpired(draft) {
    change(draft.participants, activeParticipant(draft), { has_expired: true });
  },
  holder: (state) => ({ participant_id: state.active_participant_id, group_id: null }),
};
