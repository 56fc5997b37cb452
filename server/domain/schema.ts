import type { JsonObject } from '#contract';

/**
 * The forms of a stored state that a version of the server knows. The text of each state in Redis begins with the
 * number of its form: `{"schema":1,…`.
 */
export interface Schema {
  /** The form it writes. */
  writes: number;
  /** The newest form it can read. */
  reads: number;
  /** Makes the newest form of an older one. */
  upgrade(state: JsonObject, from: number): JsonObject;
}

/**
 * The forms that this version knows. Raise a number only where an older version would misread a state; a field that it
 * may carry along untouched needs none. In two releases, so that neither refuses what the other wrote: first `reads`,
 * then `writes`. See docs/OPERATIONS.md, "Upgrades".
 */
export const SCHEMA: Schema = { writes: 1, reads: 1, upgrade: (state) => state };

/**
 * A state in a form, or an event made by rules, that only a newer version of the server knows. It must be left as it
 * is.
 */
export class NewerSchemaError extends Error {
  override name = 'NewerSchemaError';
}

const HEAD = /^\{"schema":(\d+),/;

/** The stored text of a state, made from its JSON. */
export function encodeState(json: string, { writes }: Schema): string {
  return `{"schema":${writes},${json.slice(1)}`;
}

/**
 * The brief that events of earlier releases carry in place of a state to which the rules lead: some `fields` of it. A
 * worker of a version that knows no briefs takes it for a state of a newer form, by its number, and leaves it alone.
 */
export function encodeBrief(fields: object): string {
  return BRIEF + JSON.stringify(fields).slice(1);
}

/** Whether an event of the outbox carries a brief in place of the state. */
export function isBrief(text: string): boolean {
  return text.startsWith(BRIEF);
}

const BRIEF = '{"schema":2,"brief":true,';

/**
 * What an event carries in place of a state: what it changed (recorded-changes.ts), and some `fields` of the state. A
 * worker of a version that knows no such changes leaves it to others, as above.
 */
export function encodeChanges(changes: string, fields: object): string {
  return `${CHANGES}${changes},${JSON.stringify(fields).slice(1)}`;
}

/** Whether an event of the outbox carries changes in place of the state. */
export function isChanges(text: string): boolean {
  return text.startsWith(CHANGES);
}

const CHANGES = '{"schema":3,"changes":';

/** Whether this version carries a text to the trail: changes, a brief, or a state in a form that it reads. */
export function isKnown(text: string, { reads }: Schema): boolean {
  return isChanges(text) || isBrief(text) || schemaOf(text) <= reads;
}

/** The form that a stored state is in; without a number it is the first. */
export function schemaOf(text: string): number {
  return Number(HEAD.exec(text)?.[1] ?? 1);
}

/**
 * Reads a stored state. The result may be any JSON value. Throws SyntaxError for a text that is not JSON, and
 * NewerSchemaError.
 */
export function decodeState(text: string, schema: Schema): unknown {
  const head = HEAD.exec(text);
  if (head === null) return upgraded(JSON.parse(text), 1, schema);
  const from = Number(head[1]);
  // A form of a newer version may not even be JSON.
  refuseNewer(from, schema);
  return upgraded(JSON.parse(`{${text.slice(head[0].length)}`), from, schema);
}

/**
 * A stored state as the trail keeps it: in the first form it is what the contract calls a state, so it goes without its
 * number.
 */
export function snapshotText(text: string): string {
  return text.startsWith(FIRST) ? `{${text.slice(FIRST.length)}` : text;
}

const FIRST = '{"schema":1,';

/**
 * The JSON that `decodeState` would read, without parsing it where it is in the newest form already. Throws
 * NewerSchemaError.
 */
export function textAsRead(text: string, schema: Schema): string {
  return schemaOf(text) === schema.reads ? text.replace(HEAD, '{') : JSON.stringify(decodeState(text, schema));
}

/** Converts a parsed snapshot of the trail to the newest form. Throws NewerSchemaError. */
export function readSnapshot(snapshot: unknown, schema: Schema): unknown {
  if (snapshot === null || typeof snapshot !== 'object' || !('schema' in snapshot)) return upgraded(snapshot, 1, schema);
  const { schema: from, ...state } = snapshot;
  refuseNewer(Number(from), schema);
  return upgraded(state, Number(from), schema);
}

function refuseNewer(from: number, { reads }: Schema): void {
  if (from > reads) throw new NewerSchemaError(`a state of schema ${from}; this version reads up to ${reads}`);
}

function upgraded(state: unknown, from: number, schema: Schema): unknown {
  return from < schema.reads ? schema.upgrade(state as JsonObject, from) : state;
}
