/** Time arithmetic that server, SDK and console share. Pure: the instant is always handed in, as Unix milliseconds of the authoritative clock. */
import type { SessionState } from './state.ts';

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
  const left = signedRemaining(state, owner, now);
  return left === null ? null : Math.max(0, left);
}

function signedRemaining(state: SessionState, owner: ClockOwner, now: number): number | null {
  switch (state.sync_mode) {
    case 'per_participant':
      return bankOfParticipant(state, owner, now);
    case 'per_group':
      return bankOfGroup(state, owner, now);
    case 'per_cycle': {
      const id = participantOf(state, owner);
      const cycle = state.time_per_cycle_ms;
      if (id === undefined || cycle === null) return null;
      return id === state.active_participant_id ? cycle - cycleTimeUsed(state, now) : cycle;
    }
    case 'global':
      return participantOf(state, owner) === undefined || state.total_time_ms === null ? null : state.total_time_ms - cycleTimeUsed(state, now);
    case 'count_up':
      return participantOf(state, owner) === undefined || state.max_time_ms === null ? null : state.max_time_ms - cycleTimeUsed(state, now);
  }
}

function bankOfParticipant(state: SessionState, owner: ClockOwner, now: number): number | null {
  const id = participantOf(state, owner);
  const bank = state.participants.find((participant) => participant.participant_id === id)?.total_time_ms ?? null;
  if (bank === null) return null;
  return id === state.active_participant_id ? bank - unsettled(state, now) : bank;
}

function bankOfGroup(state: SessionState, owner: ClockOwner, now: number): number | null {
  const id = groupOf(state, owner);
  const group = state.groups.find((candidate) => candidate.group_id === id);
  if (group === undefined) return null;
  return id === state.active_group_id ? group.total_time_ms - unsettled(state, now) : group.total_time_ms;
}

/** The participant an owner stands for: itself, or the active one (null where nobody is) for the session; undefined for a group or a stranger. */
function participantOf(state: SessionState, owner: ClockOwner): string | null | undefined {
  if (owner === 'session') return state.active_participant_id;
  if (!('participant_id' in owner)) return undefined;
  const known = state.participants.some((participant) => participant.participant_id === owner.participant_id);
  return known ? owner.participant_id : undefined;
}

function groupOf(state: SessionState, owner: ClockOwner): string | null {
  if (owner === 'session') return state.active_group_id;
  if ('group_id' in owner) return owner.group_id;
  return state.participants.find((participant) => participant.participant_id === owner.participant_id)?.group_id ?? null;
}
