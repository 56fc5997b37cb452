import { MAY_GO } from '#clock';
import type { ParticipantState, SessionState, StateChanges } from '#contract';

/**
 * Least number of participants with which a session's updates may be sent as changes. With fewer that would save hardly
 * anything.
 */
const LARGE_SESSION = 10;

/** Whether a session's updates may be sent as changes. */
export function isLarge(state: SessionState): boolean {
  return state.participants.length >= LARGE_SESSION;
}

/**
 * Whether changes of a session have the second form, since clients that ask for the first one can't apply them: it is
 * concurrent, or has a programme or time controls.
 */
export function secondForm({ concurrent, time_control, items, participants, groups }: SessionState): boolean {
  return concurrent === true || (time_control ?? items) !== undefined || participants.some(hasControl) || groups.some(hasControl);
}

/**
 * Whether the changes from one state to the next can be told. An edit may replace items of a programme; changes add
 * whoever joins to concurrent sessions only.
 */
export function canTellChanges(before: SessionState, after: SessionState): boolean {
  if (!isLarge(before) || !isLarge(after) || before.epoch !== after.epoch) return false;
  if (before.participants.length !== after.participants.length && after.concurrent !== true) return false;
  const [was = [], is = []] = [before.items, after.items];
  return was === is || (was.length === is.length && was.every(({ item_id }, index) => item_id === is[index]?.item_id));
}

/**
 * Structural sharing: a large state reuses the unchanged participant objects of the state before it, so that later
 * comparisons and the serialisation can tell by ===. States that were sent are never changed. Returns `after`.
 */
export function shareParticipants(before: SessionState, after: SessionState): SessionState {
  if (!isLarge(after)) return after;
  after.participants = after.participants.map((one, index) => {
    const old = before.participants[index];
    return old !== undefined && (old === one || isSameParticipant(old, one)) ? old : one;
  });
  return after;
}

/** Puts the participants of the state before back into a draft, where nothing is new but what follows from them. */
export function keepUnchanged(before: SessionState, draft: SessionState): void {
  for (const [index, one] of draft.participants.entries()) {
    const old = before.participants[index];
    if (old === undefined || old === one) continue;
    const { is_active, time_remaining_ms } = old;
    if (isSameParticipant(old, { ...one, is_active, time_remaining_ms })) draft.participants[index] = old;
  }
}

function hasControl({ clock }: { clock?: object }): boolean {
  return clock !== undefined;
}

function isSameParticipant(a: ParticipantState, b: ParticipantState): boolean {
  return (
    a.time_remaining_ms === b.time_remaining_ms &&
    a.is_active === b.is_active &&
    a.participant_id === b.participant_id &&
    a.participant_index === b.participant_index &&
    a.group_id === b.group_id &&
    a.total_time_ms === b.total_time_ms &&
    a.time_used_ms === b.time_used_ms &&
    a.cycle_count === b.cycle_count &&
    a.has_expired === b.has_expired &&
    a.has_gone === b.has_gone &&
    a.clock_status === b.clock_status &&
    a.cycle_started_at === b.cycle_started_at &&
    a.deadline_at === b.deadline_at &&
    a.zero_at === b.zero_at &&
    a.finished_at === b.finished_at &&
    a.expired_at === b.expired_at &&
    a.given_ms === b.given_ms &&
    a.cycle_time_used_ms === b.cycle_time_used_ms &&
    a.late_by_ms === b.late_by_ms &&
    a.answer === b.answer &&
    a.closes_at === b.closes_at &&
    a.withdrawn === b.withdrawn &&
    a.sits_out === b.sits_out &&
    a.name === b.name &&
    same(a.metadata, b.metadata) &&
    same(a.clock, b.clock)
  );
}

/** Fields that the receiver of changes computes. */
const DERIVED = new Set(['is_active', 'time_remaining_ms']);

/**
 * The changes from one state to the next, for `applyChanges`. Participants who joined stand behind the others and are
 * whole; nobody is removed or moved.
 */
export function changesBetween(before: SessionState, after: SessionState): StateChanges {
  const { participants: _participants, groups: _groups, items: _items, ...fields } = after;
  const changes: StateChanges = Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !same(before[name as keyof SessionState], value)),
  );
  const participants = patchesOf(before.participants, after.participants, 'participant_id');
  const groups = patchesOf(before.groups, after.groups, 'group_id');
  if (participants.length > 0) changes.participants = participants;
  if (groups.length > 0) changes.groups = groups;
  const items = patchesOf(before.items ?? [], after.items ?? [], 'item_id');
  if (items.length > 0) changes.items = items;
  return changes;
}

type PatchOf<Entry, Id extends keyof Entry> = Pick<Entry, Id> & Partial<Entry>;

function patchesOf<Entry extends object, Id extends keyof Entry>(before: Entry[], after: Entry[], id: Id): PatchOf<Entry, Id>[] {
  const patches: PatchOf<Entry, Id>[] = [];
  for (const [index, one] of after.entries()) {
    const old = before[index];
    const patch = old === one ? undefined : old === undefined ? one : patchOf(old, one, id);
    if (patch !== undefined) patches.push(patch);
  }
  return patches;
}

function patchOf<Entry extends object, Id extends keyof Entry>(before: Entry, after: Entry, id: Id): PatchOf<Entry, Id> | undefined {
  let patch: PatchOf<Entry, Id> | undefined;
  for (const name in after) {
    if (DERIVED.has(name) || same(before[name], after[name])) continue;
    patch ??= { [id]: after[id] } as PatchOf<Entry, Id>;
    patch[name] = after[name];
  }
  for (const name of MAY_GO) {
    if (!(name in before) || name in after) continue;
    patch ??= { [id]: after[id] } as PatchOf<Entry, Id>;
    Object.assign(patch, { [name]: null });
  }
  return patch;
}

/** Successive states share free JSON and lists. Values from different readings are compared by their JSON text. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b);
}
