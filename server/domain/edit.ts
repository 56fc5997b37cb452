import { draftOf, goesOnAlone, presentItem, settleSession } from '#clock';
import {
  CLOCK_MAX_MS,
  CONTROL_MAX_MS,
  type EditPayload,
  type FieldIssue,
  type ItemInput,
  type ItemState,
  METADATA_MAX_BYTES,
  type SessionState,
} from '#contract';
import { canonicalJson } from './canonical.ts';
import { checkTexts } from './check-texts.ts';
import { NOTHING, share } from './clock-set.ts';
import { editParticipants, goOnAfter, mergedByKeys, movesSomebody } from './edit-participants.ts';
import { record, type SessionEvent } from './event.ts';
import { checkItems, itemId, itemsOf } from './programme.ts';
import { invalid, type Refusal } from './refusal.ts';

export type Editing = Pick<EditPayload, 'items' | 'participants' | 'metadata'>;

/**
 * Replaces the part of a programme that has not begun, lets participants join, withdraw and return, changes names, and
 * merges metadata, at `at` (Unix ms). The clock goes on, unless the turn of somebody who withdraws passes. Fields that
 * contradict each other are a VALIDATION_ERROR, as at create.
 */
export function edit(
  state: SessionState,
  { items, participants, metadata }: Editing,
  at: number,
): { ok: true; event: SessionEvent } | Refusal {
  const draft = draftOf(state);
  const charge = draft.concurrent === true ? NOTHING : settleSession(draft, at);
  const issues = [
    // Before the items, which may be those of somebody who joins.
    ...(participants === undefined ? [] : editParticipants(draft, participants, at)),
    ...(items === undefined ? [] : editItems(draft, items)),
    ...(metadata === undefined ? [] : mergeMetadata(draft, metadata)),
  ];
  if (issues.length === 0) issues.push(...checkTexts(draft, items ? 'items' : participants ? 'participants' : 'metadata'));
  if (issues.length > 0) return invalid(issues);
  if (participants !== undefined && movesSomebody(participants)) goOnAfter(draft, participants, at);
  // The event holds the edit, since replaying needs it.
  const note = JSON.parse(JSON.stringify({ items, participants, metadata })) as SessionEvent['metadata'];
  return { ok: true, event: record(state, draft, 'session_edited', at, charge, note) };
}

/** Puts the items of an edit into a draft. Returns their faults. */
function editItems(draft: SessionState, inputs: readonly ItemInput[]): FieldIssue[] {
  if (draft.items === undefined) return [{ field: 'items', message: 'This session was created without a programme', code: 'unsupported' }];
  const { concurrent, participants } = draft;
  const filled = { time_per_cycle_ms: draft.time_per_cycle_ms ?? undefined, concurrent, participants };
  const present = new Map(draft.items.map((one) => [one.item_id, one]));
  const knownAt = inputs.map((input, place) => present.get(itemId(input, place)));
  const front = knownAt.findLastIndex((one) => one !== undefined && hasBegun(one)) + 1;
  // Items that have begun stay unchanged, so an absent time means the present one.
  const given = inputs.map((input, place) => (place < front ? { ...input, time_ms: input.time_ms ?? knownAt[place]?.time_ms } : input));
  const issues = checkItems(given, filled);
  const order = frontFault(draft.items, knownAt.slice(0, front));
  if (issues.length === 0 && order !== null) issues.push(order);
  if (issues.length > 0) return issues;
  const items = itemsOf(given, filled);
  for (const [place, one] of items.entries()) one.used_ms = knownAt[place]?.used_ms ?? 0;
  for (const [place, input] of inputs.slice(0, front).entries()) {
    const kept = knownAt[place];
    if (kept === undefined) continue;
    const changed = CHANGEABLE.find(
      (field) => input[field] !== undefined && canonicalJson(input[field]) !== canonicalJson(kept[field] ?? null),
    );
    if (changed !== undefined)
      issues.push({ field: `items.${place}.${changed}`, message: `${kept.item_id} has begun, so it stays as it is`, code: 'begun' });
    items[place] = kept;
  }
  draft.items = items;
  if (draft.item_index != null) draft.item_index = items.findIndex((one) => one.status === 'running');
  // Only before the start an edit may replace the present item.
  return draft.item_index === null ? [...issues, ...giveTime(draft, present.values().next().value)] : issues;
}

/**
 * Gives clocks the time of the first item in place of that of `former`, unless they were closed; what adjustments gave
 * stays.
 */
function giveTime(draft: SessionState, former: ItemState | undefined): FieldIssue[] {
  const [wasGiven, isGiven] = [former?.time_ms ?? 0, presentItem(draft)?.time_ms ?? 0];
  if (draft.concurrent === true) {
    draft.participants = draft.participants.map((one) =>
      goesOnAlone(one) ? { ...one, given_ms: (one.given_ms ?? 0) - share(wasGiven, one) + share(isGiven, one) } : one,
    );
  }
  const waiting = draft.participants.filter(goesOnAlone);
  const lefts = draft.concurrent === true ? waiting.map((one) => one.given_ms ?? 0) : [isGiven - draft.cycle_time_used_ms];
  const wrong = lefts.find(
    (left) => left < 1 - (draft.overrun_ms ?? 0) || left > (draft.concurrent === true ? CONTROL_MAX_MS : CLOCK_MAX_MS),
  );
  if (wrong === undefined) return [];
  return [{ field: 'items.0.time_ms', message: `Would leave ${wrong} ms, with what adjustments gave`, code: 'out_of_range' }];
}

const CHANGEABLE = ['title', 'time_ms', 'participant_id', 'auto_advance', 'metadata'] as const;

function hasBegun({ status }: ItemState): boolean {
  return status === 'running' || status === 'done';
}

/**
 * Up to the last item that has begun, the list must have all items that have begun, in their order; items that stood
 * between them may stay.
 */
function frontFault(present: readonly ItemState[], front: readonly (ItemState | undefined)[]): FieldIssue | null {
  let next = 0;
  for (const [place, one] of front.entries()) {
    const missing = present.slice(next).find((item) => item === one || hasBegun(item));
    if (missing !== one || one === undefined) {
      const message = missing === undefined ? 'May stand only behind what has begun' : `${missing.item_id} has begun and must stand here`;
      return { field: `items.${place}.item_id`, message, code: 'begun' };
    }
    next = present.indexOf(one) + 1;
  }
  const left = present.slice(next).find(hasBegun);
  return left === undefined ? null : { field: 'items', message: `${left.item_id} has begun and must stay`, code: 'begun' };
}

/** The fields that the server adds to a recovered session; they do not count towards the limit. */
const OF_RECOVERY = ['recovered', 'recovered_at', 'recovery_warning'];

function mergeMetadata(draft: SessionState, changes: NonNullable<Editing['metadata']>): FieldIssue[] {
  draft.metadata = mergedByKeys(draft.metadata, changes);
  const own = Object.fromEntries(Object.entries(draft.metadata).filter(([key]) => !OF_RECOVERY.includes(key)));
  if (Buffer.byteLength(JSON.stringify(own)) <= METADATA_MAX_BYTES) return [];
  return [{ field: 'metadata', message: `Would exceed ${METADATA_MAX_BYTES} bytes of JSON`, code: 'too_big' }];
}
