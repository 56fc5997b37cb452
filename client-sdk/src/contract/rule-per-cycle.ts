import type { ClockRule } from './clock-rule.ts';
import { activeParticipant, change, nextInOrder } from './rotation.ts';

/** Every turn gets a fresh `time_per_cycle_ms`, with or without participants. An auction lot, a quiz question, an agenda. */
export const perCycle: ClockRule = {
  sessionClock: false,
  adjusts: null,
  charge: () => {},
  left: (state) => (state.time_per_cycle_ms ?? 0) - state.cycle_time_used_ms,
  hasTime: () => true,
  increment: () => {},
  successor: (state) => nextInOrder(state, () => true),
  markExpired(draft) {
    change(draft.participants, activeParticipant(draft), { has_expired: true });
  },
  holder: (state) => ({ participant_id: state.active_participant_id, group_id: null }),
};
