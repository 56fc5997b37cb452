import type { ChangesEvent, ExpiredEvent, SessionState, StateChanges, UpdateEvent } from '#contract';
import { wholeOf } from '../../domain/told.ts';
import { changesRoomOf, getsMerged, type IoServer } from './rooms.ts';

/** The least time between two updates of such a room, ms. */
const APART_MS = 100;
/** The same while it is told of nothing but hand-ins: so much for each of its sockets, but not more than the second. */
const FOR_SOCKET_MS = 0.8;
const HAND_INS_APART_MS = 400;

export interface MergedUpdatesOptions {
  io: IoServer;
  /** Called when all sockets of a room have been sent an event. */
  told(room: string, event: ChangesEvent): void;
}

/** What a room has not been told yet. */
interface Waiting {
  event?: ChangesEvent;
  /** The state after it. */
  state?: SessionState;
  expired?: ExpiredEvent;
  /** Whether its first `session:expired` was sent at once. */
  hasToldExpired: boolean;
  /** When it was told last, by `performance.now()`. */
  told: number;
  timer: NodeJS.Timeout;
  /** Whether the timer is set for the least time. */
  isSoon: boolean;
}

/**
 * Sends the sockets of this instance what has changed in concurrent sessions: changes to those who asked for such, the
 * whole state to the others. A large room, in which a thousand may hand in within a second, gets at most ten updates a
 * second, each with all that is new since the one before. The more sockets it has, the rarer it is told of hand-ins
 * alone, so that writing to all of them leaves most of the time to other sessions: who handed in has their answer.
 */
export class MergedUpdates {
  readonly #options: MergedUpdatesOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: MergedUpdatesOptions) {
    this.#options = options;
    options.io.of('/').adapter.on('delete-room', (room: string) => this.#forget(room));
  }

  /** Tells a room of changes that led to this state, at once or merged with those that follow. */
  update(room: string, event: ChangesEvent, state: SessionState): void {
    if (!getsMerged(state)) return this.#send(room, event, state);
    const waiting = this.#waiting.get(room);
    if (waiting === undefined) {
      this.#send(room, event, state);
      this.#wait(room);
    } else {
      waiting.event = waiting.event === undefined ? event : merged(waiting.event, event);
      waiting.state = state;
      if (!isHandIn(event)) this.#hurry(room, waiting);
    }
  }

  /** Whether it will tell a room of clocks that fell; if not, the caller tells it. */
  expired(room: string, event: ExpiredEvent): boolean {
    const waiting = this.#waiting.get(room);
    if (waiting === undefined) return false;
    if (waiting.event === undefined && !waiting.hasToldExpired) {
      waiting.hasToldExpired = true;
      return false;
    }
    this.#hurry(room, waiting);
    waiting.expired = waiting.expired === undefined ? event : bothExpired(waiting.expired, event);
    return true;
  }

  /** Drops the update that waits for a room which is about to get a whole state, since that contains it. */
  replaced(room: string): void {
    const waiting = this.#waiting.get(room);
    if (waiting === undefined) return;
    delete waiting.event;
    delete waiting.state;
  }

  #wait(room: string): void {
    const sockets = this.#options.io.of('/').adapter.rooms.get(room)?.size ?? 0;
    const ms = Math.max(APART_MS, Math.min(FOR_SOCKET_MS * sockets, HAND_INS_APART_MS));
    const timer = this.#flushIn(ms, room);
    this.#waiting.set(room, { timer, isSoon: ms === APART_MS, told: performance.now(), hasToldExpired: false });
  }

  /** Tells a room as soon as the least time is over. */
  #hurry(room: string, waiting: Waiting): void {
    if (waiting.isSoon) return;
    clearTimeout(waiting.timer);
    waiting.timer = this.#flushIn(Math.max(0, waiting.told + APART_MS - performance.now()), room);
    waiting.isSoon = true;
  }

  #flushIn(ms: number, room: string): NodeJS.Timeout {
    return setTimeout(() => this.#flush(room), ms).unref();
  }

  #flush(room: string): void {
    const { event, state, expired } = this.#waiting.get(room) ?? {};
    this.#waiting.delete(room);
    if (event !== undefined && state !== undefined) this.#send(room, event, state);
    if (expired !== undefined) this.#options.io.local.to(room).emit('session:expired', expired);
    if (event !== undefined || expired !== undefined) this.#wait(room);
  }

  #send(room: string, event: ChangesEvent, state: SessionState): void {
    const { io, told } = this.#options;
    const { rooms } = io.of('/').adapter;
    const asked = changesRoomOf(room, 2);
    io.local.to(asked).emit('session:update', event);
    if ((rooms.get(room)?.size ?? 0) <= (rooms.get(asked)?.size ?? 0)) return told(room, event);
    const update = wholeUpdate(event, state);
    io.local.to(room).except(asked).emit('session:update', update);
  }

  #forget(room: string): void {
    clearTimeout(this.#waiting.get(room)?.timer);
    this.#waiting.delete(room);
  }
}

/** The whole state, for sockets that did not ask for changes, in place of an event with changes that led to it. */
export function wholeUpdate(
  { changes: _changes, since_version: _since, deltas: _form, ...event }: ChangesEvent,
  state: SessionState,
): UpdateEvent {
  return { ...event, state: wholeOf(state) };
}

/** Whether changes are nothing but hand-ins: session, cycle and the clocks of all others go on as they did. */
export function isHandIn({ changes: { status, cycle_count, participants = [] } }: ChangesEvent): boolean {
  return status === undefined && cycle_count === undefined && participants.every((one) => one.clock_status === 'finished');
}

/** One event for two that follow each other. It leads from any state between them to the last one, too. */
function merged(first: ChangesEvent, second: ChangesEvent): ChangesEvent {
  const changes: StateChanges = { ...first.changes, ...second.changes };
  const patches = new Map(first.changes.participants?.map((one) => [one.participant_id, one]));
  for (const one of second.changes.participants ?? []) patches.set(one.participant_id, { ...patches.get(one.participant_id), ...one });
  if (patches.size > 0) changes.participants = [...patches.values()];
  const items = new Map(first.changes.items?.map((one) => [one.item_id, one]));
  for (const one of second.changes.items ?? []) items.set(one.item_id, { ...items.get(one.item_id), ...one });
  if (items.size > 0) changes.items = [...items.values()];
  const answers = second.answers ?? first.answers;
  return { ...second, ...(answers === undefined ? {} : { answers }), since_version: first.since_version, changes };
}

function bothExpired(first: ExpiredEvent, second: ExpiredEvent): ExpiredEvent {
  const ids = [...new Set([...(first.expired_participant_ids ?? []), ...(second.expired_participant_ids ?? [])])];
  return { ...second, expired_participant_ids: ids, expired_participant_id: ids.length === 1 ? (ids[0] ?? null) : null };
}
