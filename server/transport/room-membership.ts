import { lostEveryRace } from '../engine/checks.ts';
import type { Outcome } from '../engine/command-context.ts';
import { isSameIncarnation, type SessionIncarnation } from '../engine/incarnation.ts';

/** The connection a command came by, as far as rooms go. REST has none. */
export interface RoomMembership {
  /** An incarnation of a session whose room stands on this instance, which may be over. */
  known(sessionId: string): SessionIncarnation | undefined;
  /**
   * Runs a command that takes a place in a room of the session, unless the session is left before it ends. From then on
   * updates of a large session tell the connection what has changed (`deltas`) or the whole state; undefined leaves
   * that as it is.
   */
  join(sessionId: string, work: (enter: Enter) => Promise<Outcome>, deltas?: boolean): Promise<Outcome>;
  leave(sessionId: string): Promise<void>;
}

/**
 * Runs a part of a command with the connection in the room of an incarnation, so that nothing which is sent there from
 * then on can be missed. It stays where that succeeds with a state of this incarnation; else things are left as they
 * were.
 */
export type Enter = (session: SessionIncarnation, work: () => Promise<Outcome>) => Promise<Outcome>;

/** Runs a command with the membership that its connection has; without one, as it is. */
export function withMembership(
  membership: RoomMembership | undefined,
  sessionId: string,
  work: (enter: Enter) => Promise<Outcome>,
  deltas?: boolean,
): Promise<Outcome> {
  return membership === undefined ? work((_session, inside) => inside()) : membership.join(sessionId, work, deltas);
}

/** Incarnations of an id that may follow each other while it is being joined. */
const INCARNATIONS_AT_ONCE = 10;

/**
 * Reads a session from inside the room of the incarnation that is read. An incarnation that is `known` saves the first
 * read; another one than that costs one more.
 */
export async function readInRoom(enter: Enter, known: SessionIncarnation | undefined, read: () => Promise<Outcome>): Promise<Outcome> {
  let incarnation = known;
  for (let attempt = 0; attempt < INCARNATIONS_AT_ONCE; attempt++) {
    const outcome = await (incarnation === undefined ? read() : enter(incarnation, read));
    if (!outcome.ok || (incarnation !== undefined && isSameIncarnation(outcome.state, incarnation))) return outcome;
    incarnation = outcome.state;
  }
  return lostEveryRace();
}
