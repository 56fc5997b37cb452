import type { SessionState } from './state.ts';
import type { ClockRule } from './clock-rule.ts';
import { nextInOrder } from './rotation.ts';

/** One clock for everybody that runs through all turns; a switch passes the turn and records a lap. */
function sessionClock(limit: (state: SessionState) => number | null): ClockRule {
  return {
    sessionClock: true,
    adjusts: null,
    charge: () => {},
    left(state) {
      const total = limit(state);
      return total === null ? null : total - state.cycle_time_used_ms;
    },
    hasTime: () => true,
    increment: () => {},
    successor: (state) => nextInOrder(state, () => true),
    // The clock is nobody's, so nobody's time is over.
    markExpired: () => {},
    holder: () => ({ participant_id: null, group_id: null }),
  };
}

/** One countdown. An exam. */
export const global = sessionClock((state) => state.total_time_ms);

/** One stopwatch, which ends at its ceiling if it has one. */
export const countUp = sessionClock((state) => state.max_time_ms);
