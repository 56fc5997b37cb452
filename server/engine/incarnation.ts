import { hash } from 'node:crypto';
import type { SessionState } from '#contract';

/**
 * Identifies a session among all that have had or will have its id: set at its creation and the same in all its states.
 * What belongs to a session by its id (rooms, links, idempotency records, history) belongs to one incarnation of the
 * id.
 */
export type Incarnation = Pick<SessionState, 'created_at' | 'owner_id'>;

/** An incarnation with its session id. */
export type SessionIncarnation = Incarnation & Pick<SessionState, 'session_id'>;

/** Enough of SHA-256 to tell the owners of sessions apart that got the same id in the same millisecond. */
const OWNER_CHARACTERS = 10;

/** A cache of names, since each commit needs one; some megabytes at most. */
const names = new Map<string, string>();
const NAMES_MAX = 10_000;

/**
 * The name of an incarnation among those of its id: letters, digits, `_`, `-` and a dot between the creation and, where
 * there is one, the owner.
 */
export function incarnationOf({ created_at, owner_id }: Incarnation): string {
  const key = owner_id === undefined ? created_at : `${created_at} ${owner_id}`;
  let name = names.get(key);
  if (name === undefined) {
    const created = Date.parse(created_at).toString(36);
    name = owner_id === undefined ? created : `${created}.${hash('sha256', owner_id, 'base64url').slice(0, OWNER_CHARACTERS)}`;
    if (names.size >= NAMES_MAX) names.clear();
    names.set(key, name);
  }
  return name;
}

/** Whether two states are of one incarnation of their id. */
export function isSameIncarnation(a: Incarnation, b: Incarnation): boolean {
  return a.created_at === b.created_at && a.owner_id === b.owner_id;
}
