/** Time arithmetic that server, SDK and console share. Pure: the instant is always handed in, as Unix milliseconds of the authoritative clock. */
import type { GroupState, ParticipantState, SessionState } from './state.ts';

/** Whose clock is asked for: a participant's, a group's, or whatever clock the session is running. */
export type ClockOwner = { participant_id: string } | { group_id: string } | 'session';

/** Milliseconds of the running clock that are not settled in the state yet; 0 unless it runs. An instant before the cycle began counts as its beginning. */
export function unsettled(state: SessionState, now: number): number {
  return state.cycle_started_at === null ? 0 : Math.max(0, now - Date.parse(state.cycle_started_at));
}

/** Milliseconds used of the current cycle at `now`; in `global` and `count_up` of the whole session, which is what a stopwatch shows. */
export function cycleTimeUsed(state: SessionState, now: number): number {
  return state.cycle_time_used_ms + unsettled(state, now);
}

/**
 * Milliseconds left on a clock at `now`, never below 0; null where nothing can run out (a stopwatch without a ceiling) or nobody has that id.
 * The state names instants instead of counting, so this is the whole of timekeeping on every device.
 */
export function remaining(state: SessionState, owner: ClockOwner, now: number): number | null {
  if (owner === 'session') return remainingOfSession(state, now);
  // A participant's state names both ids and means the participant.
  if ('participant_id' in owner) {
    const participant = state.participants.find((candidate) => candidate.participant_id === owner.participant_id);
    return participant === undefined ? null : remainingOfParticipant(state, participant, now);
  }
  const group = state.groups.find((candidate) => candidate.group_id === owner.group_id);
  return group === undefined ? null : remainingOfGroup(state, group, now);
}

/** Whether a clock runs: what is left on it is another a moment after its cycle began. */
export function isMoving(state: SessionState, owner: ClockOwner): boolean {
  if (state.cycle_started_at === null) return false;
  const begun = Date.parse(state.cycle_started_at);
  return remaining(state, owner, begun) !== remaining(state, owner, begun + 1);
}

/** As `remaining`, for a participant at hand. */
export function remainingOfParticipant(state: SessionState, participant: ParticipantState, now: number): number | null {
  const isActive = participant.participant_id === state.active_participant_id;
  switch (state.sync_mode) {
    case 'per_participant':
      return left(participant.total_time_ms, isActive ? unsettled(state, now) : 0);
    case 'per_cycle':
      return left(state.time_per_cycle_ms, isActive ? cycleTimeUsed(state, now) : 0);
    case 'per_group':
      return participant.group_id === null ? null : remaining(state, { group_id: participant.group_id }, now);
    case 'global':
    case 'count_up':
      return remainingOfSession(state, now);
  }
}

/** As `remaining`, for a group at hand. Only in `per_group` has a group a clock of its own. */
function remainingOfGroup(state: SessionState, group: GroupState, now: number): number | null {
  if (state.sync_mode !== 'per_group') return null;
  return left(group.total_time_ms, group.group_id === state.active_group_id ? unsettled(state, now) : 0);
}

function remainingOfSession(state: SessionState, now: number): number | null {
  switch (state.sync_mode) {
    case 'per_participant':
      return state.active_participant_id === null ? null : remaining(state, { participant_id: state.active_participant_id }, now);
    case 'per_group':
      return state.active_group_id === null ? null : remaining(state, { group_id: state.active_group_id }, now);
    case 'per_cycle':
      return left(state.time_per_cycle_ms, cycleTimeUsed(state, now));
    case 'global':
      return left(state.total_time_ms, cycleTimeUsed(state, now));
    case 'count_up':
      return left(state.max_time_ms, cycleTimeUsed(state, now));
  }
}

function left(given: number | null, used: number): number | null {
  return given === null ? null : Math.max(0, given - used);
}
