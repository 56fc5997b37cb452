import { applyChanges, isAfter } from '#clock';
import type { ChangesEvent, SessionState } from '#contract';
import { secondForm } from '../../domain/changes.ts';
import { shownTo } from '../../domain/told.ts';
import type { Logger } from '../../observability/logger.ts';
import { Gate } from '../../util/gate.ts';
import { MergedUpdates, wholeUpdate } from './merged-updates.ts';
import { changesRoomOf, type IoServer, roomOf } from './rooms.ts';
import type { SessionAdapter } from './session-adapter.ts';

/**
 * How many states are read at a time because changes of them were missed, each up to half a megabyte. What waits too
 * long is left to the healing.
 */
const LOADS = { places: 2, patienceMs: 2_000 };

export interface ChangeRelayOptions {
  io: IoServer;
  adapter: SessionAdapter;
  /** The present state in Redis; null if the session is gone. */
  load(sessionId: string): Promise<SessionState | null>;
  /** Called when all sockets of a room have been sent an event. */
  told(room: string, event: ChangesEvent): void;
  logger: Logger;
}

/**
 * Delivers messages about large sessions, which contain only what has changed: unchanged to sockets that asked for
 * that, as the whole state to the others. For those it keeps the state that the room was last sent, while any of them
 * is there.
 */
export class ChangeRelay {
  readonly #options: ChangeRelayOptions;
  readonly #told = new Map<string, SessionState>();
  readonly #loading = new Set<string>();
  readonly #loads = new Gate(LOADS);
  readonly #merged: MergedUpdates;

  constructor(options: ChangeRelayOptions) {
    this.#options = options;
    this.#merged = new MergedUpdates(options);
    options.io.of('/').adapter.on('delete-room', (room: string) => this.#told.delete(room));
    options.adapter.deliverChanges({
      changed: (room, event) => this.#tell(room, event),
      replaced: (room, { state }) => this.#replaced(room, state),
      expired: (room, event) => this.#merged.expired(room, event),
    });
  }

  /**
   * A socket that wants whole states was given this one. Other sockets may be behind, so it counts only if nothing is
   * known of the room.
   */
  joined(state: SessionState): void {
    const room = roomOf(state);
    if (!this.#told.has(room)) this.#told.set(room, shownTo(state, undefined));
  }

  /**
   * Sends the sockets of this instance what has changed. Changes come in order, since one channel carries all of a
   * session.
   */
  #tell(room: string, event: ChangesEvent): void {
    if (event.deltas === 2) return this.#tellClocks(room, event);
    const { io, told } = this.#options;
    const asked = changesRoomOf(room);
    const { rooms } = io.of('/').adapter;
    io.local.to(asked).emit('session:update', event);
    if ((rooms.get(room)?.size ?? 0) <= (rooms.get(asked)?.size ?? 0)) {
      this.#told.delete(room);
      told(room, event);
      return;
    }
    const before = this.#told.get(room);
    if (before?.epoch === event.epoch && before.version === event.since_version) {
      this.#tellWhole(room, applyChanges(before, event.changes), event);
    } else if (before === undefined || isAfter(event, before)) {
      void this.#catchUp(room, event);
    }
  }

  /** As `#tell`, of changes in the second form, which may be merged. What the room was told is kept for that. */
  #tellClocks(room: string, event: ChangesEvent): void {
    const before = this.#told.get(room);
    if (before?.epoch === event.epoch && before.version === event.since_version) {
      const state = applyChanges(before, event.changes, true);
      this.#told.set(room, state);
      this.#merged.update(room, event, state);
    } else if (before === undefined || isAfter(event, before)) {
      void this.#catchUp(room, event);
    }
  }

  /** Takes the whole state of a commit that does not follow the one before. */
  #replaced(room: string, state: SessionState): void {
    this.#merged.replaced(room);
    if (this.#told.has(room)) this.#told.set(room, state);
  }

  #tellWhole(room: string, state: SessionState, event: ChangesEvent): void {
    this.#told.set(room, state);
    const update = wholeUpdate(event, state);
    const { io } = this.#options;
    // Those who wait for changes in the second form have missed some, too.
    const others = secondForm(state) ? io.local.to(room) : io.local.to(room).except(changesRoomOf(room));
    others.emit('session:update', update);
  }

  /**
   * Reads the state after a message was missed. Later messages are contained in what is read; otherwise the next change
   * or the healing finds the gap.
   */
  async #catchUp(room: string, event: ChangesEvent): Promise<void> {
    const { load, logger } = this.#options;
    const { session_id } = event;
    if (this.#loading.has(room)) return;
    this.#loading.add(room);
    try {
      const state = await this.#loads.run(() => load(session_id));
      const before = this.#told.get(room);
      // Another incarnation of the id has another room.
      if (state === null || roomOf(state) !== room || (before !== undefined && !isAfter(state, before))) return;
      this.#tellWhole(room, shownTo(state, undefined), { ...event, epoch: state.epoch, version: state.version });
    } catch (error) {
      logger.debug({ session: session_id, err: error }, 'could not read a session whose changes were missed; the healing will');
    } finally {
      this.#loading.delete(room);
    }
  }
}
