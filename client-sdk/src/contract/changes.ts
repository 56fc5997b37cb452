/** What an update changes of a large session's state, for those who ask for it: the state itself would be most of what a server sends. */
import type { GroupState, ParticipantState, SessionState } from './state.ts';
import { remainingOfParticipant } from './time.ts';

/** Follows from the rest of the state, so it is never told. */
type Derived = 'is_active' | 'time_remaining_ms';
type Patch<Entry, Id extends keyof Entry> = Pick<Entry, Id> & Partial<Omit<Entry, Id | Derived>>;

/** The fields of a state that are new, and of its participants and groups those of which something but `is_active` and `time_remaining_ms` is. */
export interface StateChanges extends Partial<Omit<SessionState, 'participants' | 'groups'>> {
  participants?: Patch<ParticipantState, 'participant_id'>[];
  groups?: Patch<GroupState, 'group_id'>[];
}

/** The state after changes, from exactly the one before them. What follows from the rest is computed: `is_active` and `time_remaining_ms` as of `updated_at`. */
export function applyChanges(state: SessionState, { participants = [], groups = [], ...fields }: StateChanges): SessionState {
  const changed = new Map(participants.map((patch) => [patch.participant_id, patch]));
  const regrouped = new Map(groups.map((patch) => [patch.group_id, patch]));
  const after: SessionState = {
    ...state,
    ...fields,
    participants: state.participants.map((one) => ({ ...one, ...changed.get(one.participant_id) })),
    groups: state.groups.map((one) => ({ ...one, ...regrouped.get(one.group_id) })),
  };
  deriveTurns(after, Date.parse(after.updated_at));
  return after;
}

/** Fills in whose turn it is and what everybody has left, as of `at` (Unix ms). */
export function deriveTurns(draft: SessionState, at: number): void {
  const turnIsOn = draft.status === 'running' || draft.status === 'paused';
  for (const participant of draft.participants) {
    participant.is_active = turnIsOn && participant.participant_id === draft.active_participant_id;
    participant.time_remaining_ms = remainingOfParticipant(draft, participant, at);
  }
  for (const group of draft.groups) group.is_active = turnIsOn && group.group_id === draft.active_group_id;
}
