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
    participants: state.participants.map((one) => patched(one, changed.get(one.participant_id))),
    groups: state.groups.map((one) => patched(one, regrouped.get(one.group_id))),
  };
  deriveTurns(after, Date.parse(after.updated_at));
  return after;
}

function patched<Entry extends object>(one: Entry, patch: Partial<Entry> | undefined): Entry {
  return patch === undefined ? one : { ...one, ...patch };
}

/** Fills in whose turn it is and what everybody has left, as of `at` (Unix ms). Entries of which nothing is new stay the same objects. */
export function deriveTurns(draft: SessionState, at: number): void {
  const isSessionClock = draft.sync_mode === 'global' || draft.sync_mode === 'count_up';
  const turnIsOn = draft.status === 'running' || draft.status === 'paused';
  // Whoever shares a clock has the same left on it.
  const ofClock = new Map<string, number | null>();
  const left = (one: ParticipantState): number | null => {
    const clock = draft.sync_mode === 'per_group' ? (one.group_id ?? '') : isSessionClock ? 'session' : null;
    if (clock === null) return remainingOfParticipant(draft, one, at);
    let known = ofClock.get(clock);
    if (known === undefined) ofClock.set(clock, (known = remainingOfParticipant(draft, one, at)));
    return known;
  };
  draft.participants.forEach((one, index) => {
    const is_active = turnIsOn && one.participant_id === draft.active_participant_id;
    const time_remaining_ms = left(one);
    if (one.is_active !== is_active || one.time_remaining_ms !== time_remaining_ms) {
      draft.participants[index] = { ...one, is_active, time_remaining_ms };
    }
  });
  draft.groups.forEach((group, index) => {
    const is_active = turnIsOn && group.group_id === draft.active_group_id;
    if (group.is_active !== is_active) draft.groups[index] = { ...group, is_active };
  });
}
