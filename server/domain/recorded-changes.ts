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
  /** Those who were active and still are have so much more. */
  running?: number;
  /** Members of these groups have this. */
  groups?: [group_id: string, left: JsonValue][];
  /** Everybody has this. */
  all?: JsonValue;
  /** These have this. */
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

/** So many values of `time_remaining_ms` are told one by one without looking for something shorter. */
const FEW = 2;

/** What leads from one state to the next. */
export function recordedChanges(before: SessionState, after: SessionState): RecordedChanges {
  const [was, is] = [before as object as JsonObject, after as object as JsonObject];
  const lists = LIST_NAMES.filter((name) => Array.isArray(was[name]) && Array.isArray(is[name]));
  const [changes, goneFields] = fieldsChanged(was, is, lists);
  const recorded: RecordedChanges = { form: FORM, changes };
  if (goneFields.length > 0) recorded.gone = { session: goneFields };
  for (const name of lists) {
    const { patches, gone, turned, order, pairs } = listChanges(entriesOf(was, name), entriesOf(is, name), name);
    if (patches.length > 0) changes[name] = patches;
    if (order !== undefined) recorded.changes.order = { ...recorded.changes.order, [name]: order };
    if (gone.length > 0) recorded.gone = { ...recorded.gone, [name]: gone };
    if (turned.length > 0) recorded.turned = { ...recorded.turned, [name]: turned };
    const left = name === 'participants' ? leftChanged(pairs) : undefined;
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
    const patches = (fields[name] ?? []) as JsonObject[];
    const entries = entriesAfter(entriesOf(before, name), patches, gone?.[name] ?? [], order?.[name], turned?.[name] ?? [], name);
    after[name] = name === 'participants' && left !== undefined ? withLeft(entriesOf(before, name), entries, left) : entries;
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

/** New fields, with null for those that are gone, and the names of these. */
function fieldsChanged(was: JsonObject, is: JsonObject, except: readonly string[]): [JsonObject, string[]] {
  const changed: JsonObject = {};
  for (const name in is) {
    const value = is[name];
    if (value !== undefined && !except.includes(name) && !same(was[name], value)) changed[name] = value;
  }
  const gone = Object.keys(was).filter((name) => was[name] !== undefined && is[name] === undefined && !except.includes(name));
  for (const name of gone) changed[name] = null;
  return [changed, gone];
}

/** An entry before and after. */
type Pair = [old: JsonObject, one: JsonObject];

function listChanges(was: JsonObject[], is: JsonObject[], name: ListName) {
  const { id, derived } = LISTS[name];
  const patches: JsonObject[] = [];
  const gone: Gone[] = [];
  const turned: string[] = [];
  const pairs: Pair[] = [];
  const inPlace = was.every((old, index) => old === is[index] || old[id] === is[index]?.[id]);
  const known = inPlace ? undefined : new Map(was.map((old) => [old[id], old]));
  for (const [index, one] of is.entries()) {
    const old = known === undefined ? was[index] : known.get(one[id]);
    if (old === undefined) {
      patches.push(one);
      continue;
    }
    pairs.push([old, one]);
    if (old === one) continue;
    const [patch, goneFields] = fieldsChanged(old, one, derived);
    const key = one[id] as string;
    if (Object.keys(patch).length > 0) patches.push({ [id]: key, ...patch });
    if (goneFields.length > 0) gone.push([key, goneFields]);
    if (old['is_active'] !== one['is_active']) turned.push(key);
  }
  const order = inPlace ? undefined : is.map((one) => one[id] as string);
  return { patches, gone, turned, order, pairs };
}

function entriesAfter(
  before: JsonObject[],
  patches: JsonObject[],
  gone: readonly Gone[],
  order: readonly string[] | undefined,
  turned: readonly string[],
  name: ListName,
): JsonObject[] {
  const { id } = LISTS[name];
  if (patches.length === 0 && gone.length === 0 && turned.length === 0 && order === undefined) return before;
  const told = new Map(patches.map((patch) => [patch[id], patch]));
  const goneFields = new Map(gone);
  const turnedIds = new Set(turned);
  const after = before.map((old) => {
    const key = old[id] as string;
    const patch = told.get(key);
    told.delete(key);
    if (patch === undefined && !turnedIds.has(key)) return old;
    const one = { ...old, ...patch };
    if (turnedIds.has(key)) one['is_active'] = old['is_active'] !== true;
    for (const field of goneFields.get(key) ?? []) delete one[field];
    return one;
  });
  after.push(...told.values());
  if (order === undefined) return after;
  const byId = new Map(after.map((one) => [one[id], one]));
  return order.map((key) => {
    const one = byId.get(key);
    if (one === undefined) throw new TypeError(`has changes that name the unknown ${id} ${key}`);
    return one;
  });
}

/** The shortest way to tell what participants have left; undefined where nothing is new. */
function leftChanged(pairs: readonly Pair[]): Left | undefined {
  let best: Left = {};
  let exceptions = exceptionsTo(best, pairs);
  if (exceptions.length > FEW) {
    for (const way of waysFor(pairs)) {
      const others = exceptionsTo(way, pairs);
      const weight = (way.groups?.length ?? 0) + 1;
      if (others.length + weight >= exceptions.length) continue;
      [best, exceptions] = [way, others];
    }
  }
  if (exceptions.length > 0) best.participants = exceptions;
  return Object.keys(best).length === 0 ? undefined : best;
}

function waysFor(pairs: readonly Pair[]): Left[] {
  const ways: Left[] = [];
  const [, someone] = pairs.find(([, one]) => one['is_active'] !== true) ?? pairs[0] ?? [];
  if (someone !== undefined) ways.push({ all: leftOf(someone) });
  const running = pairs.find((pair) => staysActive(...pair));
  if (running !== undefined) {
    const [before, after] = running.map(leftOf);
    if (typeof before === 'number' && typeof after === 'number') ways.push({ running: after - before });
  }
  const groups = new Map<string, JsonValue>();
  for (const [, one] of pairs) if (typeof one['group_id'] === 'string') groups.set(one['group_id'], leftOf(one));
  if (groups.size > 0) ways.push({ groups: [...groups] });
  return ways;
}

function exceptionsTo(way: Left, pairs: readonly Pair[]): [string, JsonValue][] {
  const leftAfter = leftBy(way);
  return pairs.flatMap(([old, one]) => (leftAfter(old, one) === leftOf(one) ? [] : [[one['participant_id'] as string, leftOf(one)]]));
}

function withLeft(before: JsonObject[], after: JsonObject[], left: Left): JsonObject[] {
  const leftAfter = leftBy(left);
  const known = new Map(before.map((old) => [old['participant_id'], old]));
  return after.map((one) => {
    const old = known.get(one['participant_id']);
    if (old === undefined) return one;
    const time_remaining_ms = leftAfter(old, one);
    return time_remaining_ms === one['time_remaining_ms'] ? one : { ...one, time_remaining_ms };
  });
}

/** What a participant who was there before has left after an event. */
function leftBy(left: Left): (old: JsonObject, one: JsonObject) => JsonValue {
  const groups = left.groups && new Map(left.groups);
  const told = left.participants && new Map(left.participants);
  return (old, one) => {
    const exception = told?.get(one['participant_id'] as string);
    if (exception !== undefined) return exception;
    if (left.all !== undefined) return left.all;
    const shared = groups?.get(one['group_id'] as string);
    if (shared !== undefined) return shared;
    const before = leftOf(old);
    return left.running !== undefined && typeof before === 'number' && staysActive(old, one) ? before + left.running : before;
  };
}

function staysActive(old: JsonObject, one: JsonObject): boolean {
  return old['is_active'] === true && one['is_active'] === true;
}

function leftOf(one: JsonObject): JsonValue {
  return one['time_remaining_ms'] ?? null;
}
