import { createHash } from 'node:crypto';
import type { CommandName } from '#contract';

/** Tells a command and its payload from any other, whatever the order of its fields: SHA-256 over canonical JSON. */
export function fingerprint(name: CommandName, payload: object): string {
  return createHash('sha256').update(`${name} ${canonical(payload)}`).digest('base64url');
}

/** JSON with the fields of every object in order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
