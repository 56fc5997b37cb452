/**
 * What an update changes in the state of a large session. Sockets that ask for it get this in place of whole states,
 * which would be most of what a server sends.
 */
import type { ItemState } from './programme.ts';
import type { GroupState, ParticipantState, SessionState } from './state.ts';

/** Fields that follow from the others, so they are never sent. */
type Derived = 'is_active' | 'time_remaining_ms';
/** Null stands for a field that is no longer there, where it need not be. */
type Patch<Entry, Id extends keyof Entry> = Pick<Entry, Id> & {
  [Field in keyof Omit<Entry, Id | Derived>]?: Entry[Field] | (undefined extends Entry[Field] ? null : never);
};

/**
 * The fields of a state that have changed, its participants and groups in which another field than `is_active` and
 * `time_remaining_ms` has changed, and the items of its programme that have changed. A participant who joined is whole.
 */
export interface StateChanges extends Partial<Omit<SessionState, 'participants' | 'groups' | 'items'>> {
  participants?: (Patch<ParticipantState, 'participant_id'> | ParticipantState)[];
  groups?: Patch<GroupState, 'group_id'>[];
  items?: Patch<ItemState, 'item_id'>[];
}

type OrNull<Fields> = { [Field in keyof Fields]: Fields[Field] | null };
type NewFields<Entry, Id extends keyof Entry> = Pick<Entry, Id> & Partial<OrNull<Omit<Entry, Id>>>;

/**
 * What an event of a history changed, compared with the version before it: as `StateChanges`, and null also for a field
 * that is gone. An entry that was not there before is whole.
 */
export interface HistoryChanges extends Partial<OrNull<Omit<SessionState, 'participants' | 'groups' | 'items'>>> {
  participants?: NewFields<ParticipantState, 'participant_id'>[];
  groups?: NewFields<GroupState, 'group_id'>[];
  items?: NewFields<ItemState, 'item_id'>[];
  /** All ids of a list in their order, where entries left it or changed places, or new ones are not at its end. */
  order?: { participants?: string[]; groups?: string[]; items?: string[] };
}
