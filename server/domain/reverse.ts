import type { JsonObject, JsonValue } from '#contract';

/**
 * How a value is reversed: a number by a difference to add, an object field by field, anything else by its former
 * value; an empty list removes the field. A difference keeps what others have added to the number since.
 */
export type Reverse = number | [JsonValue?] | ReverseFields;
export type ReverseFields = { [field: string]: Reverse };

/** The reversal from `after` to `before`, for all fields that differ except those that `stays` names. */
export function fieldsBack(before: object, after: object, stays: ReadonlySet<string>): ReverseFields {
  const [was, is] = [{ ...before } as JsonObject, { ...after } as JsonObject];
  const back: ReverseFields = {};
  for (const field of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (stays.has(field)) continue;
    const reverse = valueBack(was[field], is[field]);
    if (reverse !== undefined) back[field] = reverse;
  }
  return back;
}

/** Joins two reversals into one: first `newer`, then `older`. */
export function joinedFields(older: ReverseFields, newer: ReverseFields): ReverseFields {
  const joined = { ...newer };
  for (const [field, reverse] of Object.entries(older)) joined[field] = joinedValue(reverse, newer[field]);
  return joined;
}

/** The fields after a reversal. */
export function goneBack<Entry extends object>(entry: Entry, back: ReverseFields): Entry {
  const fields = { ...entry } as JsonObject;
  for (const [field, reverse] of Object.entries(back)) {
    const value = valueGoneBack(fields[field], reverse);
    if (value === undefined) delete fields[field];
    else fields[field] = value;
  }
  return fields as Entry;
}

function valueBack(was: JsonValue | undefined, is: JsonValue | undefined): Reverse | undefined {
  if (was === is) return undefined;
  if (was === undefined) return [];
  if (typeof was === 'number' && typeof is === 'number') return was - is;
  if (!isFields(was) || !isFields(is)) return JSON.stringify(was) === JSON.stringify(is) ? undefined : [was];
  const back = fieldsBack(was, is, NOTHING);
  return Object.keys(back).length === 0 ? undefined : back;
}

function joinedValue(older: Reverse, newer: Reverse | undefined): Reverse {
  if (newer === undefined || Array.isArray(older)) return older;
  if (Array.isArray(newer)) return [valueGoneBack(newer[0], older)].filter((value) => value !== undefined) as [JsonValue?];
  return typeof older === 'number' || typeof newer === 'number' ? Number(older) + Number(newer) : joinedFields(older, newer);
}

function valueGoneBack(value: JsonValue | undefined, reverse: Reverse): JsonValue | undefined {
  if (typeof reverse === 'number') return Number(value ?? 0) + reverse;
  return Array.isArray(reverse) ? reverse[0] : goneBack(isFields(value) ? value : {}, reverse);
}

const NOTHING: ReadonlySet<string> = new Set();

function isFields(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
