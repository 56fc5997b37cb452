import { createHash } from 'node:crypto';
import type { CommandName } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';

/** Tells a command and its payload from any other, whatever the order of its fields: SHA-256 over canonical JSON. */
export function fingerprint(name: CommandName, payload: object): string {
  return createHash('sha256')
    .update(`${name} ${canonicalJson(payload)}`)
    .digest('base64url');
}
