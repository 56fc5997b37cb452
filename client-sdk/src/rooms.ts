/** The rooms of all sessions that the client knows. */
import type { EventEnvelope, SessionState } from './contract/index.ts';
import { Room, type RoomsOptions } from './room.ts';

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();

  constructor(options: RoomsOptions) {
    this.#options = options;
    const { events } = options.connection;
    events.on('state', (state) => this.#all().forEach((room) => room.connected(state === 'connected')));
    events.on('failure', () => this.#all().forEach(({ store }) => store.tell()));
  }

  /** The room of a session; always the same one for the same id. */
  room(sessionId: string): Room {
    return this.#rooms.get(sessionId) ?? new Room(sessionId, this.#options, this.#rooms);
  }

  /** The room of a session if the client knows it. */
  known(sessionId: string): Room | undefined {
    return this.#rooms.get(sessionId);
  }

  /** The state that is shown of a session, for readers of clocks (`SessionStore.known`); null where none is known. */
  state(sessionId: string): SessionState | null {
    return this.known(sessionId)?.store.known ?? null;
  }

  /** The rooms of the sessions with a listener. */
  wanted(): Room[] {
    return this.#all().filter(({ store }) => store.wanted);
  }

  /** Handles the deletion of a session, whether or not the client knows it. */
  deleted(event: EventEnvelope): void {
    const room = this.known(event.session_id);
    if (room) room.deleted(event);
    else this.#options.connection.events.emit('sessionDeleted', event);
  }

  /** A copy, since a caller that iterates over it may change the map. */
  #all(): Room[] {
    return Array.from(this.#rooms.values());
  }
}
