import type { GroupState, SessionState } from './state.ts';
import type { ClockRule } from './clock-rule.ts';
import { activeParticipant, change, findGroup, leastOften } from './rotation.ts';
import { grown } from './rule-bank.ts';

/** Each group has one bank that its members share; groups take turns, and within a group whoever has gone least. A team match. */
export const perGroup: ClockRule = {
  sessionClock: false,
  adjusts: 'group_id',
  charge(draft, elapsed) {
    const group = activeGroup(draft);
    if (group === undefined) return;
    change(draft.groups, group, { total_time_ms: group.total_time_ms - elapsed, time_used_ms: group.time_used_ms + elapsed });
  },
  left: (state) => activeGroup(state)?.total_time_ms ?? null,
  hasTime: (state, participant) => (findGroup(state, participant.group_id)?.total_time_ms ?? 0) > 0,
  increment(draft, next, { incrementWithinGroup }) {
    const group = activeGroup(draft);
    // Else two members would pass the turn to each other and earn time without end, and the others never get their turn.
    const isEarned = incrementWithinGroup || next?.group_id !== group?.group_id;
    if (group !== undefined && isEarned) change(draft.groups, group, { total_time_ms: grown(group, draft) ?? group.total_time_ms });
  },
  successor(state) {
    const from = state.groups.findIndex((group) => group.group_id === state.active_group_id) + 1;
    const inOrder = [...state.groups.slice(from), ...state.groups.slice(0, from)];
    const next = inOrder.find((group) => group.total_time_ms > 0);
    return next === undefined ? undefined : leastOften(state.participants.filter((participant) => participant.group_id === next.group_id));
  },
  markExpired(draft) {
    const group = activeGroup(draft);
    if (group === undefined) return;
    change(draft.groups, group, { has_expired: true });
    draft.participants = draft.participants.map((one) =>
      one.group_id === group.group_id ? Object.assign({}, one, { has_expired: true }) : one,
    );
  },
  holder: (state) => ({ participant_id: activeParticipant(state)?.participant_id ?? null, group_id: state.active_group_id }),
};

function activeGroup(state: SessionState): GroupState | undefined {
  return findGroup(state, state.active_group_id);
}
