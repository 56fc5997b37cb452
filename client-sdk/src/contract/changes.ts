/**
 * What an update changes in the state of a large session. Sockets that ask for it get this in place of whole states,
 * which would be most of what a server sends.
 */
import type { GroupState, ParticipantState, SessionState } from './state.ts';

/** Fields that follow from the others, so they are never sent. */
type Derived = 'is_active' | 'time_remaining_ms';
/** Null stands for a field that is no longer there, where it need not be. */
type Patch<Entry, Id extends keyof Entry> = Pick<Entry, Id> & {
  [Field in keyof Omit<Entry, Id | Derived>]?: Entry[Field] | (undefined extends Entry[Field] ? null : never);
};

/**
 * The fields of a state that have changed, and its participants and groups in which another field than `is_active` and
 * `time_remaining_ms` has changed.
 */
export interface StateChanges extends Partial<Omit<SessionState, 'participants' | 'groups'>> {
  participants?: Patch<ParticipantState, 'participant_id'>[];
  groups?: Patch<GroupState, 'group_id'>[];
}
