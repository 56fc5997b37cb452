/**
 * What an event changed, as the trail keeps it of a large session in place of the state after it. It leads from the
 * state before to exactly the state after without any rule, so that SQL can follow it too (`sync_state`).
 */
import type { JsonObject, JsonValue, SessionState } from '#contract';
import { same } from './changes.ts';
import { NewerSchemaError } from './schema.ts';

/** The column `changes` of `sync_events`. */
export interface RecordedChanges {
  /** The number of this form. */
  form: typeof FORM;
  /** What users are told of it. */
  changes: ToldChanges;
  /** Those fields that are null in `changes` because they are no longer there: of the session, and of its entries. */
  gone?: { session?: string[] } & Partial<Record<ListName, Gone[]>>;
  /** Entries whose `is_active` is the opposite. */
  turned?: Partial<Record<ListName, string[]>>;
  /** What became of `time_remaining_ms` of participants who were there before. */
  left?: Left;
}

/**
 * New fields of a state; null also for one that is no longer there. Of lists with ids those entries of which something
 * is new, in the same way; an entry that was not there before is whole. `order` holds all ids of a list if entries left
 * or moved, or if new ones are not at its end. `is_active` and `time_remaining_ms` are left out, except in whole
 * entries.
 */
export type ToldChanges = JsonObject & { order?: Partial<Record<ListName, string[]>> };

type Gone = [id: string, fields: string[]];

/** How to compute what participants have left; what comes later in this list wins. */
interface Left {
  /** Participants who were active and still are have so much more than before. */
  running?: number;
  /** Members of these groups have this. */
  groups?: [group_id: string, left: JsonValue][];
  /** Everybody has this. */
  all?: JsonValue;
  /** These participants have this. */
  participants?: [participant_id: string, left: JsonValue][];
}

const FORM = 1;

/** Lists of a state whose entries have ids, and which of their fields follow from the rest of the state. */
const LISTS = {
  participants: { id: 'participant_id', derived: ['is_active', 'time_remaining_ms'] },
  groups: { id: 'group_id', derived: ['is_active'] },
  items: { id: 'item_id', derived: [] },
} as const satisfies Record<string, { id: string; derived: string[] }>;
type ListName = keyof typeof LISTS;
const LIST_NAMES = Object.keys(LISTS) as ListName[];

/** Up to how many values of `time_remaining_ms` are told one by one, without looking for a shorter way. */
const FEW = 2;

/** The changes that lead from one state to the next. */
export function recordedChanges(before: SessionState, after: SessionState): RecordedChanges {
  const [was, is] = [before as object as JsonObject, after as object as JsonObject];
  const lists = LIST_NAMES.filter((name) => Array.isArray(was[name]) && Array.isArray(is[name]));
  const changes: ToldChanges = {};
  const fields = fieldsChanged(was, is, lists, changes);
  const recorded: RecordedChanges = { form: FORM, changes };
  if (fields.length > 0) recorded.gone = { session: fields };
  for (const name of lists) {
    const { patches, gone, turned, order, olds } = listChanges(entriesOf(was, name), entriesOf(is, name), name);
    if (patches.length > 0) changes[name] = patches;
    if (order !== undefined) changes.order = { ...changes.order, [name]: order };
    if (gone.length > 0) recorded.gone = { ...recorded.gone, [name]: gone };
    if (turned.length > 0) recorded.turned = { ...recorded.turned, [name]: turned };
    const left = name === 'participants' ? leftChanged(olds, entriesOf(is, name)) : undefined;
    if (left !== undefined) recorded.left = left;
  }
  return recorded;
}

/**
 * The state after changes, from the one before them. Entries of which nothing is new stay the same objects.
 * @throws TypeError where they are not what `recordedChanges` makes
 */
export function afterChanges(before: JsonObject, { changes, gone, turned, left }: RecordedChanges): JsonObject {
  const { order, ...fields } = changes;
  const after: JsonObject = { ...before };
  for (const [name, value] of Object.entries(fields)) if (!isList(name) || !Array.isArray(before[name])) after[name] = value;
  for (const name of gone?.session ?? []) delete after[name];
  for (const name of LIST_NAMES) {
    if (!Array.isArray(before[name]) || gone?.session?.includes(name) === true) continue;
    const told = {
      patches: (fields[name] ?? []) as JsonObject[],
      gone: gone?.[name] ?? [],
      turned: turned?.[name] ?? [],
      order: order?.[name],
      left: name === 'participants' ? left : undefined,
    };
    after[name] = entriesAfter(entriesOf(before, name), told, LISTS[name].id);
  }
  return after;
}

/** Reads the text of the column. Throws NewerSchemaError for a form that only a newer version knows, TypeError. */
export function readChanges(text: string): RecordedChanges {
  const recorded = JSON.parse(text) as (Omit<RecordedChanges, 'form'> & { form: number }) | null;
  if (recorded === null || typeof recorded.form !== 'number') throw new TypeError('has changes that have no form');
  const { form, ...parts } = recorded;
  if (form > FORM) throw new NewerSchemaError(`changes of form ${form}; this version reads up to ${FORM}`);
  return { form: FORM, ...parts };
}

function isList(name: string): name is ListName {
  return Object.hasOwn(LISTS, name);
}

function entriesOf(state: JsonObject, name: ListName): JsonObject[] {
  return state[name] as JsonObject[];
}

/** Notes new fields in `changed`, with null for those that are gone, and returns the names of these. */
function fieldsChanged(was: JsonObject, is: JsonObject, except: readonly string[], changed: JsonObject): string[] {
  for (const name in is) {
    const value = is[name];
    if (value !== was[name] && value !== undefined && !except.includes(name) && !same(was[name], value)) changed[name] = value;
  }
  const gone: string[] = [];
  for (const name in was) {
    if (is[name] !== undefined || was[name] === undefined || except.includes(name)) continue;
    gone.push(name);
    changed[name] = null;
  }
  return gone;
}

/** What is new in a list. `olds` has the former entry of each entry of `is`. */
function listChanges(was: JsonObject[], is: JsonObject[], name: ListName) {
  const { id, derived } = LISTS[name];
  const patches: JsonObject[] = [];
  const gone: Gone[] = [];
  const turned: string[] = [];
  const inPlace = was.every((old, index) => old === is[index] || old[id] === is[index]?.[id]);
  const known = inPlace ? undefined : new Map(was.map((old) => [old[id], old]));
  const olds: (JsonObject | undefined)[] = known === undefined ? was : is.map((one) => known.get(one[id]));
  for (const [index, one] of is.entries()) {
    const old = olds[index];
    if (old === one) continue;
    if (old === undefined) {
      patches.push(one);
      continue;
    }
    const key = one[id] as string;
    const patch: JsonObject = {};
    const fields = fieldsChanged(old, one, derived, patch);
    if (fields.length > 0) gone.push([key, fields]);
    for (const _field in patch) {
      patches.push({ [id]: key, ...patch });
      break;
    }
    if (old['is_active'] !== one['is_active']) turned.push(key);
  }
  return { patches, gone, turned, order: inPlace ? undefined : is.map((one) => one[id] as string), olds };
}

/** What changes tell of a list. */
interface ToldEntries {
  patches: JsonObject[];
  gone: readonly Gone[];
  turned: readonly string[];
  order: readonly string[] | undefined;
  left: Left | undefined;
}

function entriesAfter(before: JsonObject[], { patches, gone, turned, order, left }: ToldEntries, id: string): JsonObject[] {
  const told = new Map(patches.map((patch) => [patch[id] as string, patch]));
  const goneFields = new Map(gone);
  const turnedIds = new Set(turned);
  const leftAfter = left && leftBy(left);
  // If nothing is told of all, most entries need no look.
  const few = new Set([...told.keys(), ...turned, ...(left?.participants ?? []).map(([key]) => key)]);
  const onlyFew = left?.all === undefined && left?.groups === undefined && left?.running === undefined;
  if (onlyFew && few.size === 0 && order === undefined) return before;
  const after = before.slice();
  for (const [index, old] of before.entries()) {
    const key = old[id] as string;
    if (onlyFew && !few.has(key)) continue;
    const isTurned = turnedIds.has(key);
    const patch = told.get(key);
    told.delete(key);
    const one = patch === undefined && !isTurned ? old : { ...old, ...patch };
    if (isTurned) one['is_active'] = old['is_active'] !== true;
    for (const field of goneFields.get(key) ?? []) delete one[field];
    const remaining = leftAfter === undefined ? one['time_remaining_ms'] : leftAfter(old, one);
    after[index] = remaining === undefined || remaining === one['time_remaining_ms'] ? one : { ...one, time_remaining_ms: remaining };
  }
  after.push(...told.values());
  return order === undefined ? after : inOrder(after, order, id);
}

function inOrder(entries: JsonObject[], order: readonly string[], id: string): JsonObject[] {
  const byId = new Map(entries.map((one) => [one[id], one]));
  return order.map((key) => {
    const one = byId.get(key);
    if (one === undefined) throw new TypeError(`has changes that name the unknown ${id} ${key}`);
    return one;
  });
}

/** The shortest way to tell what participants have left; undefined where nothing is new. */
function leftChanged(olds: readonly (JsonObject | undefined)[], is: readonly JsonObject[]): Left | undefined {
  let best: Left = {};
  let exceptions = exceptionsTo(best, olds, is);
  if (exceptions.length > FEW) {
    for (const way of waysFor(olds, is)) {
      const others = exceptionsTo(way, olds, is);
      const weight = (way.groups?.length ?? 0) + 1;
      if (others.length + weight >= exceptions.length) continue;
      [best, exceptions] = [way, others];
    }
  }
  if (exceptions.length > 0) best.participants = exceptions;
  return Object.keys(best).length === 0 ? undefined : best;
}

function waysFor(olds: readonly (JsonObject | undefined)[], is: readonly JsonObject[]): Left[] {
  const ways: Left[] = [];
  const someone = is.find((one, index) => olds[index] !== undefined && one['is_active'] !== true) ?? is[0];
  if (someone !== undefined) ways.push({ all: leftOf(someone) });
  const place = is.findIndex((one, index) => staysActive(olds[index], one));
  const [before, after] = [leftOf(olds[place]), leftOf(is[place])];
  if (typeof before === 'number' && typeof after === 'number') ways.push({ running: after - before });
  const groups = new Map<string, JsonValue>();
  for (const one of is) if (typeof one['group_id'] === 'string') groups.set(one['group_id'], leftOf(one));
  if (groups.size > 0) ways.push({ groups: [...groups] });
  return ways;
}

/** What participants who were there before have left, where a way to tell it leads elsewhere. */
function exceptionsTo(way: Left, olds: readonly (JsonObject | undefined)[], is: readonly JsonObject[]): [string, JsonValue][] {
  const leftAfter = leftBy(way);
  const leavesAsIs = Object.keys(way).length === 0;
  const exceptions: [string, JsonValue][] = [];
  for (const [index, one] of is.entries()) {
    const old = olds[index];
    if (old === undefined || (old === one && leavesAsIs) || leftAfter(old, one) === leftOf(one)) continue;
    exceptions.push([one['participant_id'] as string, leftOf(one)]);
  }
  return exceptions;
}

/** What a participant who was there before has left after an event. */
function leftBy({ all, running, groups: byGroup, participants }: Left): (old: JsonObject, one: JsonObject) => JsonValue {
  const groups = byGroup && new Map(byGroup);
  const told = participants && new Map(participants);
  return (old, one) => {
    const exception = told?.get(one['participant_id'] as string);
    if (exception !== undefined) return exception;
    if (all !== undefined) return all;
    const shared = groups?.get(one['group_id'] as string);
    if (shared !== undefined) return shared;
    const before = leftOf(old);
    return running !== undefined && typeof before === 'number' && staysActive(old, one) ? before + running : before;
  };
}

function staysActive(old: JsonObject | undefined, one: JsonObject): boolean {
  return old?.['is_active'] === true && one['is_active'] === true;
}

function leftOf(one: JsonObject | undefined): JsonValue {
  return one?.['time_remaining_ms'] ?? null;
}
