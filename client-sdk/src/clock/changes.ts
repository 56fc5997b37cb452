/** Applies the changes of an update to a state. */
import type { StateChanges } from '../contract/changes.ts';
import type { ParticipantState, SessionState } from '../contract/state.ts';
import { deriveConcurrent, isLazy } from './concurrent.ts';
import { deriveTurns } from './derive.ts';

/** Fields that an entry may lose again; null in changes stands for that. */
export const MAY_GO: readonly string[] = [
  'answer',
  'late_by_ms',
  'withdrawn',
  'sits_out',
  'title',
  'participant_id',
  'auto_advance',
  'metadata',
];

/**
 * The state after changes; `state` must be the one before them. Computes `is_active` and `time_remaining_ms` as of
 * `updated_at`; as a server keeps it (`isKept`), where that need not be, only of what has changed.
 */
export function applyChanges(
  state: SessionState,
  { participants = [], groups = [], items = [], ...fields }: StateChanges,
  isKept = false,
): SessionState {
  const changed = new Map(participants.map((patch) => [patch.participant_id, patch]));
  const regrouped = new Map(groups.map((patch) => [patch.group_id, patch]));
  const moved = new Map(items.map((patch) => [patch.item_id, patch]));
  const after: SessionState = {
    ...state,
    ...fields,
    participants: state.participants.map((one) => {
      const patch = changed.get(one.participant_id);
      changed.delete(one.participant_id);
      return patched(one, patch);
    }),
    groups: state.groups.map((one) => patched(one, regrouped.get(one.group_id))),
  };
  if (state.items) after.items = state.items.map((one) => patched(one, moved.get(one.item_id)));
  // Entries that are left are participants who joined, told whole. Merged changes may have removed fields of them.
  for (const one of changed.values()) after.participants.push(patched(one as ParticipantState, one));
  const at = Date.parse(after.updated_at);
  if (isKept && isLazy(after)) deriveConcurrent(after, at, state.participants);
  else deriveTurns(after, at);
  return after;
}

function patched<Entry extends object>(one: Entry, patch: object | undefined): Entry {
  if (!patch) return one;
  const after = { ...one, ...patch };
  for (const name of MAY_GO) if (name in after && after[name as keyof Entry] === null) delete after[name as keyof Entry];
  return after;
}
