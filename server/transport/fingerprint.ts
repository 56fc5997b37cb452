import { hash } from 'node:crypto';
import type { CommandName, CommandOptions } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';

/**
 * Identifies a command and its payload, whatever the order of the fields: SHA-256 over canonical JSON. `command_id` and
 * `deltas` do not count; the guard that the server supplies for its sender does.
 */
export function fingerprint(
  name: CommandName,
  { command_id: _id, deltas: _deltas, ...payload }: object & CommandOptions & { deltas?: unknown },
  guard?: string,
): string {
  return hash('sha256', `${name} ${canonicalJson(payload)}${guard === undefined ? '' : ` ${guard}`}`, 'base64url');
}
