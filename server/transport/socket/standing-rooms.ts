import type { SessionLife } from '../../engine/life.ts';
import { type IoServer, roomOf, whoseRoom } from './rooms.ts';

/** Of which lives rooms stand on this instance: whoever joins one more time enters at once, and need not read first which room it is. */
export class StandingRooms {
  readonly #known = new Map<string, SessionLife>();

  constructor(io: IoServer) {
    io.of('/').adapter.on('delete-room', (room: string) => {
      const sessionId = whoseRoom(room)?.sessionId ?? '';
      const known = this.#known.get(sessionId);
      if (known !== undefined && roomOf(known) === room) this.#known.delete(sessionId);
    });
  }

  /** The life of a session that was joined last, while anybody is in its room. */
  of(sessionId: string): SessionLife | undefined {
    return this.#known.get(sessionId);
  }

  /** A socket of this instance is in the room of this life. */
  know({ session_id, created_at, owner_id }: SessionLife): void {
    this.#known.set(session_id, owner_id === undefined ? { session_id, created_at } : { session_id, created_at, owner_id });
  }
}
