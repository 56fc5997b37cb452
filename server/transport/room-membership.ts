import { lostEveryRace } from '../engine/checks.ts';
import type { Outcome } from '../engine/command-context.ts';
import { isSameIncarnation, type SessionIncarnation } from '../engine/incarnation.ts';

/** The room membership of the connection that sent a command. REST has none. */
export interface RoomMembership {
  /** The incarnation of a session whose room has sockets on this instance; it may be over. */
  known(sessionId: string): SessionIncarnation | undefined;
  /**
   * Runs a command that enters a room of the session, unless the session is left before it ends. Afterwards the
   * connection gets what has changed (`deltas` true; 2 of concurrent sessions, too) or the whole state of a large
   * session; undefined leaves that unchanged.
   */
  join(sessionId: string, work: (enter: Enter) => Promise<Outcome>, deltas?: boolean | 2): Promise<Outcome>;
  leave(sessionId: string): Promise<void>;
}

/**
 * Runs a part of a command with the connection in the room of an incarnation, so that it misses nothing that is sent
 * there from then on. The connection stays if this succeeds with a state of the incarnation; otherwise its membership
 * is as before.
 */
export type Enter = (session: SessionIncarnation, work: () => Promise<Outcome>) => Promise<Outcome>;

/** Runs a command with the membership of its connection, or without one. */
export function withMembership(
  membership: RoomMembership | undefined,
  sessionId: string,
  work: (enter: Enter) => Promise<Outcome>,
  deltas?: boolean | 2,
): Promise<Outcome> {
  return membership === undefined ? work((_session, inside) => inside()) : membership.join(sessionId, work, deltas);
}

/** How many incarnations of an id may follow each other during one join. */
const INCARNATIONS_AT_ONCE = 10;

/**
 * Reads a session while in the room of its incarnation. A right guess in `known` saves the first read; a wrong one
 * costs one more.
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
