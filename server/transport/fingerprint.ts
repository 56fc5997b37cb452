import { hash } from 'node:crypto';
import type { CommandName, CommandOptions } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';

/**
 * Tells a command and its payload from any other, whatever the order of its fields: SHA-256 over canonical JSON.
 * Neither its key nor how its sender wants to be answered makes it another command; the guard that the server supplies
 * for its sender does.
 */
export function fingerprint(
  name: CommandName,
  { command_id: _id, deltas: _deltas, ...payload }: object & CommandOptions & { deltas?: unknown },
  guard?: string,
): string {
  return hash('sha256', `${name} ${canonicalJson(payload)}${guard === undefined ? '' : ` ${guard}`}`, 'base64url');
}
