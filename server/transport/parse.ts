import { type CommandName, PAYLOAD_VALUES_MAX } from '#contract';
import { invalid, type Refusal } from '../domain/refusal.ts';
import { refusalOfIssues } from './replies.ts';
import { type Parsed, schemaOf, schemas } from './schemas.ts';

export const COMMAND_NAMES = Object.keys(schemas) as CommandName[];

/** Whether a name is a command of the contract. */
export function isCommand(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(schemas, name);
}

/** Checks a payload of any origin against its command's schema. Refusal: VALIDATION_ERROR with every field at fault. */
export function parse<Name extends CommandName>(name: Name, payload: unknown): { ok: true; value: Parsed<Name> } | Refusal {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return invalid([{ field: 'payload', message: 'Must be an object', code: 'invalid_type' }]);
  }
  if (hasMoreValuesThan(payload, PAYLOAD_VALUES_MAX)) {
    return invalid([{ field: 'payload', message: `Must not hold more than ${PAYLOAD_VALUES_MAX} values`, code: 'too_big' }]);
  }
  const cleaned = withoutNulls(payload);
  const result = schemaOf(name, cleaned).safeParse(cleaned);
  // The schema of a name yields that name's payload; the compiler can't follow the look-up.
  return result.success ? { ok: true, value: result.data as Parsed<Name> } : refusalOfIssues(result.error.issues);
}

/**
 * Checking each value of a megabyte of small ones, and reporting each, would block the instance. Without recursion,
 * because the nesting may be as deep as the payload is long.
 */
function hasMoreValuesThan(payload: object, most: number): boolean {
  const open: object[] = [payload];
  let count = 0;
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    const values: unknown[] = Array.isArray(holder) ? holder : Object.values(holder);
    count += values.length;
    if (count > most) return true;
    for (const value of values) if (typeof value === 'object' && value !== null) open.push(value);
  }
  return false;
}

/** `null` means absent: in the payload itself and in the entries of its lists, not inside free JSON. */
function withoutNulls(payload: object): object {
  const cleaned = Object.entries(payload)
    .filter(([, value]) => value !== null)
    .map(([key, value]: [string, unknown]) => [key, LISTS.has(key) ? withoutNullsInside(value) : value]);
  return Object.fromEntries(cleaned) as object;
}

/** Fields that hold lists of entries. */
const LISTS: ReadonlySet<string> = new Set(['participants', 'groups', 'items']);

function withoutNullsInside(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  return (list as unknown[]).map((entry) =>
    typeof entry === 'object' && entry !== null ? Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null)) : entry,
  );
}
