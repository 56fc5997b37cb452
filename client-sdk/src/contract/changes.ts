/**
 * What an update changes of a large session's state, for those who ask for it: the state itself would be most of what a
 * server sends.
 */
import type { GroupState, ParticipantState, SessionState } from './state.ts';

/** Follows from the rest of the state, so it is never told. */
type Derived = 'is_active' | 'time_remaining_ms';
type Patch<Entry, Id extends keyof Entry> = Pick<Entry, Id> & Partial<Omit<Entry, Id | Derived>>;

/**
 * The fields of a state that are new, and of its participants and groups those of which something but `is_active` and
 * `time_remaining_ms` is.
 */
export interface StateChanges extends Partial<Omit<SessionState, 'participants' | 'groups'>> {
  participants?: Patch<ParticipantState, 'participant_id'>[];
  groups?: Patch<GroupState, 'group_id'>[];
}
