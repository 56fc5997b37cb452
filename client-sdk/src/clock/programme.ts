/** Programmes: which item runs, the status of the items that it leaves, and how long it has run. */
import type { ItemState } from '../contract/programme.ts';
import type { ParticipantState, SessionState } from '../contract/state.ts';
import { iso } from './instants.ts';

/** The item that runs, or that ran last; before the start the first one. Undefined without a programme. */
export function presentItem({ items, item_index }: SessionState): ItemState | undefined {
  return items?.[item_index ?? 0];
}

/** Whether an item with this id exists, or no id is given. */
export function hasItem({ items = [] }: SessionState, id: string | undefined): boolean {
  return id === undefined || items.some((one) => one.item_id === id);
}

/**
 * The time that a participant who waits will have: that of their next item, in the next round if none is left in this
 * one; null where none follows.
 */
export function waitingTime({ items = [], round = 1, rounds = 1 }: SessionState, { participant_id: id }: ParticipantState): number | null {
  const next = items.find((one) => one.participant_id === id && one.status === 'waiting');
  const later = next === undefined && round < rounds ? items.find((one) => one.participant_id === id) : next;
  return later?.time_ms ?? null;
}

/** Whether an item waits behind the present one, in this round or in a later one. */
export function hasNextItem({ items = [], item_index, round = 1, rounds = 1 }: SessionState): boolean {
  return round < rounds || items.some((one, index) => index > (item_index ?? -1) && one.status === 'waiting');
}

/** Adds so many ms to the used time of a draft's running item. */
export function useItem(draft: SessionState, elapsed: number): void {
  const item = presentItem(draft);
  if (item !== undefined) changeItem(draft, draft.item_index ?? 0, { used_ms: item.used_ms + elapsed });
}

/** Ends the item of a draft that runs, if one does, at `at` (Unix ms). */
export function endItem(draft: SessionState, at: number): void {
  if (presentItem(draft)?.status === 'running') changeItem(draft, draft.item_index ?? 0, { status: 'done', ended_at: iso(at) });
}

/**
 * Ends the running item of a draft at `at` (Unix ms) and begins the one with this id, or by default the next one that
 * waits, in the next round if none is left in this one. False, with all items ended, where no round is left.
 */
export function moveOn(draft: SessionState, at: number, id?: string): boolean {
  const { items = [], round = 1, rounds = 1 } = draft;
  const from = draft.item_index ?? -1;
  let to = items.findIndex((one, index) => (id === undefined ? index > from && one.status === 'waiting' : one.item_id === id));
  endItem(draft, at);
  if (to === -1) {
    if (round >= rounds) return false;
    draft.round = round + 1;
    draft.items = (draft.items ?? []).map((one) => Object.assign({}, one, { status: 'waiting', started_at: null, ended_at: null }));
    to = 0;
  } else if (to < from) {
    changeItem(draft, from, { status: 'waiting' });
  } else {
    for (let over = from + 1; over < to; over++) if (items[over]?.status === 'waiting') changeItem(draft, over, { status: 'skipped' });
  }
  draft.item_index = to;
  changeItem(draft, to, { status: 'running', started_at: iso(at), ended_at: null });
  return true;
}

/** Changes an item of a draft. The draft gets a list of its own, since it shares that of the state before. */
function changeItem(draft: SessionState, index: number, values: Partial<ItemState>): void {
  const item = draft.items?.[index];
  if (draft.items === undefined || item === undefined) return;
  draft.items = [...draft.items];
  draft.items[index] = { ...item, ...values };
}
