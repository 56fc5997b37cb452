/** Applies the changes of an update to a state. */
import type { StateChanges } from '../contract/changes.ts';
import type { ParticipantState, SessionState } from '../contract/state.ts';
import { deriveOne, isLazy } from './concurrent.ts';
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
  const regrouped = new Map(groups.map((patch) => [patch.group_id, patch]));
  const moved = new Map(items.map((patch) => [patch.item_id, patch]));
  const after: SessionState = {
    ...state,
    ...fields,
    participants: state.participants.slice(),
    groups: state.groups.map((one) => patched(one, regrouped.get(one.group_id))),
  };
  if (state.items) after.items = state.items.map((one) => patched(one, moved.get(one.item_id)));
  const changed = new Map(participants.map((patch) => [patch.participant_id, patch]));
  const at = Date.parse(after.updated_at);
  const places: number[] = [];
  for (let place = 0; changed.size > 0 && place < state.participants.length; place++) {
    const one = state.participants[place];
    const patch = one && changed.get(one.participant_id);
    if (!patch) continue;
    after.participants[place] = patched(one, patch);
    changed.delete(one.participant_id);
    places.push(place);
  }
  // Entries that are left are participants who joined, told whole. Merged changes may have removed fields of them.
  for (const one of changed.values()) places.push(after.participants.push(patched(one as ParticipantState, one)) - 1);
  if (isKept && isLazy(after)) for (const place of places) deriveOne(after, place, at);
  else deriveTurns(after, at);
  return after;
}

function patched<Entry extends object>(one: Entry, patch: object | undefined): Entry {
  if (!patch) return one;
  const after = { ...one, ...patch };
  for (const name of MAY_GO) if (name in after && after[name as keyof Entry] === null) delete after[name as keyof Entry];
  return after;
}
