import type { SessionIncarnation } from '../../engine/incarnation.ts';
import { type IoServer, roomOf, whoseRoom } from './rooms.ts';

/**
 * The incarnations that have a room with sockets on this instance. A later join enters such a room at once, without
 * reading first which room it is.
 */
export class StandingRooms {
  readonly #known = new Map<string, SessionIncarnation>();

  constructor(io: IoServer) {
    io.of('/').adapter.on('delete-room', (room: string) => {
      const sessionId = whoseRoom(room)?.sessionId ?? '';
      const known = this.#known.get(sessionId);
      if (known !== undefined && roomOf(known) === room) this.#known.delete(sessionId);
    });
  }

  /** The incarnation of a session that was joined last, while a socket is in its room. */
  of(sessionId: string): SessionIncarnation | undefined {
    return this.#known.get(sessionId);
  }

  /** Notes that a socket of this instance is in the room of an incarnation. */
  know({ session_id, created_at, owner_id }: SessionIncarnation): void {
    this.#known.set(session_id, owner_id === undefined ? { session_id, created_at } : { session_id, created_at, owner_id });
  }
}
