/**
 * Checks of arguments that an application passes. A mistake throws a TypeError at once, which names the argument and
 * its value.
 */

/** Fields that a command's payload must have. */
const REQUIRED = new Set(['session_id', 'link_id', 'delta_ms', 'message']);
const SHOWN_MAX = 60;

/** Describes a value for an error message. */
export function inWords(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, SHOWN_MAX)}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** @throws TypeError unless `isRight`: what `name` must do, and what it is instead */
export function expectThat(isRight: boolean, name: string, must: string, value: unknown): void {
  if (!isRight) throw new TypeError(`${name} must ${must}; it is ${inWords(value)}`);
}

/** @throws TypeError unless `value` is a string of at least one character */
export function expectId(name: string, value: unknown): void {
  expectThat(typeof value === 'string' && value !== '', name, 'be a string, and not empty', value);
}

/** @throws TypeError unless `value` is a function */
export function expectFunction(name: string, value: unknown): void {
  expectThat(typeof value === 'function', name, 'be a function', value);
}

/** @throws TypeError that lists the keys of `known`, unless `name` is one of them */
export function expectKnown(kind: string, name: string, known: object): void {
  const names = Object.keys(known);
  if (!names.includes(name)) throw new TypeError(`There is no ${kind} ${inWords(name)}; there are: ${names.join(', ')}`);
}

/**
 * @throws TypeError for a payload that lacks a required field, has an id that is not a string, or a value that JSON
 * cannot hold
 */
export function expectPayload(payload: object): void {
  for (const [name, value] of Object.entries(payload) as [string, unknown][]) {
    if (value == null && !REQUIRED.has(name)) continue;
    if (name.endsWith('_id')) expectId(name, value);
    else expectJson(name, value);
  }
}

function expectJson(name: string, value: unknown): void {
  if (value === undefined) throw new TypeError(`${name} is missing`);
  try {
    JSON.stringify({ '': value }, refuseForeign);
  } catch (cause) {
    throw new TypeError(`${name} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** A replacer for JSON.stringify. Throws for values that it would drop or change. */
function refuseForeign(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const given = this[key];
  const isBinary = ArrayBuffer.isView(given) || given instanceof ArrayBuffer;
  const isNoNumber = typeof value === 'number' && !Number.isFinite(value);
  if (isBinary || isNoNumber || ['function', 'symbol', 'bigint'].includes(typeof value)) {
    throw new TypeError(`${key === '' ? 'it' : `'${key}' in it`} is ${isBinary ? 'binary' : inWords(value)}`);
  }
  return value;
}
