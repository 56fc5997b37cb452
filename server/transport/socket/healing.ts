import { isAfter, type Position } from '#clock';
import type { EventEnvelope, Status } from '#contract';
import { STATUSES } from '#contract';
import { NewerSchemaError } from '../../domain/schema.ts';
import { toldToRoom } from '../../domain/told.ts';
import type { Archive } from '../../engine/archive.ts';
import { incarnationOf } from '../../engine/incarnation.ts';
import { type SessionPosition, type SessionStore, type StoredSession, UnreadableStateError } from '../../engine/ports.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { every } from '../../util/every.ts';
import { type IoServer, whoseRoom } from './rooms.ts';

/** Two looks are needed to tell a lost update from a late one, so a room is healed within twice this time. */
const LOOK_INTERVAL_MS = 2_000;
const BATCH = 100;

export interface HealingOptions {
  io: IoServer;
  store: SessionStore;
  archive: Pick<Archive, 'restore'>;
  now(): number;
  logger: Logger;
  metrics: Metrics;
}

/**
 * Brings rooms up to date whose updates were lost, for example with the instance that made them: compares what this
 * instance's sockets were sent with what Redis has, and sends the state if Redis is newer.
 */
export class Healing {
  readonly #options: HealingOptions;
  /** By room, the newest position that all its sockets are known to have been sent. */
  readonly #sent = new Map<string, Position>();
  /** By room, the position in Redis at the last look. */
  #seen = new Map<string, SessionPosition>();
  readonly #stop = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: HealingOptions) {
    this.#options = options;
  }

  /** Begins to compare what rooms were told with Redis at regular intervals. */
  start(): void {
    for (const status of STATUSES) this.#options.metrics.activeSessions.set({ status }, 0);
    const { signal } = this.#stop;
    this.#looking = every(
      LOOK_INTERVAL_MS,
      signal,
      () => this.look(),
      (error) => this.#options.logger.debug({ err: error }, 'could not compare rooms with redis'),
    );
  }

  /** Ends the comparisons; resolves when the present one is over. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  /** Notes an event that a room was sent. All its sockets get the same, except those that asked for changes. */
  told(room: string, { epoch, version }: EventEnvelope): void {
    const sent = this.#sent.get(room);
    if (sent === undefined || isAfter({ epoch, version }, sent)) this.#sent.set(room, { epoch, version });
  }

  /**
   * Notes that a socket of the room was given this state. Other sockets may be behind, so it counts only if nothing is
   * known of the room.
   */
  synced(room: string, { epoch, version }: Position): void {
    if (!this.#sent.has(room)) this.#sent.set(room, { epoch, version });
  }

  /** Compares every room of this instance with Redis once. */
  async look(): Promise<void> {
    const { io, store, metrics } = this.#options;
    const { rooms } = io.of('/').adapter;
    const standing = [...rooms.keys()].flatMap((room): StandingRoom[] => {
      const whose = whoseRoom(room);
      return whose === undefined ? [] : [{ room, ...whose }];
    });
    const seen = new Map<string, SessionPosition>();
    const counts = new Map<Status, number>();
    for (let from = 0; from < standing.length; from += BATCH) {
      const batch = standing.slice(from, from + BATCH);
      const sent = batch.map(({ room }) => this.#sent.get(room));
      const positions = await store.positions(batch.map(({ sessionId }) => sessionId));
      for (const [index, standingRoom] of batch.entries()) {
        const { room } = standingRoom;
        const position = positions[index];
        const before = this.#seen.get(room);
        if (position === undefined) {
          if (before !== undefined) seen.set(room, before);
          continue;
        }
        if (position !== null && (await this.#isOver(standingRoom, position, sent[index]))) continue;
        if (isLost(position, before, sent[index]) && (await this.#restore(standingRoom, sent[index])) === null && before !== undefined) {
          // To be tried again at the next look.
          seen.set(room, before);
        }
        if (position === null) continue;
        seen.set(room, position);
        counts.set(position.status, (counts.get(position.status) ?? 0) + 1);
        const told = this.#sent.get(room);
        if (before !== undefined && (told === undefined || isAfter(before, told))) await this.#heal(standingRoom, position);
      }
    }
    this.#seen = seen;
    // A session that left Redis may come back. What was sent tells then whether it is the same incarnation.
    for (const room of this.#sent.keys()) if (!rooms.has(room)) this.#sent.delete(room);
    for (const status of STATUSES) metrics.activeSessions.set({ status }, counts.get(status) ?? 0);
  }

  /**
   * Whether another incarnation has the id by now. Then dissolves the room, as the deletion would have done, which this
   * instance missed. An epoch belongs to one incarnation, so the state is read only if the epoch is another one.
   */
  async #isOver(standing: StandingRoom, position: SessionPosition, sent: Position | undefined): Promise<boolean> {
    if (sent === undefined || position.epoch === sent.epoch) return false;
    const session = await this.#load(standing, position);
    if (session?.state == null || incarnationOf(session.state) === standing.incarnation) return false;
    // Redis may have lost the newer incarnation.
    if (isAfter(sent, position) && (await this.#restore(standing, sent)) !== false) return true;
    this.#options.logger.info({ session: standing.sessionId }, 'a room was of a session that is over; it is dissolved');
    this.#tellDeleted(standing, sent);
    return true;
  }

  /**
   * Continues a session from what is left of it. False if nothing is left, null if that failed now; never rejects, so
   * that other rooms do not wait.
   */
  async #restore({ sessionId, incarnation }: StandingRoom, sent: Position): Promise<boolean | null> {
    const { archive, logger } = this.#options;
    try {
      const goesOn = await archive.restore(sessionId, incarnation, sent);
      if (goesOn) logger.warn({ session: sessionId, sent }, 'Redis lost what a room was told; it goes on from what is left');
      return goesOn;
    } catch (error) {
      logger.warn({ session: sessionId, sent, err: error }, 'Redis lost what a room was told, and it can’t be brought back now');
      return null;
    }
  }

  async #heal(standing: StandingRoom, position: SessionPosition): Promise<void> {
    const { io, now, logger } = this.#options;
    const { room, sessionId, incarnation } = standing;
    const session = await this.#load(standing, position);
    if (session === null || (session.state !== null && incarnationOf(session.state) !== incarnation)) return;
    const { epoch, version, state } = session;
    logger.info({ session: sessionId, version }, 'a room was behind; sending it the state');
    if (state === null) {
      // The version of the deletion, unless that may be another incarnation's.
      const sent = this.#sent.get(room);
      this.#tellDeleted(standing, sent === undefined || sent.epoch === epoch ? { epoch, version: version - 1 } : sent);
    } else {
      const envelope = { session_id: sessionId, epoch, version, server_time_ms: Math.floor(now()) };
      io.local.to(room).emit('session:update', { ...envelope, event_type: position.event_type, state: toldToRoom(state) });
      this.#sent.set(room, { epoch, version });
    }
  }

  /**
   * Tells a room that its session was deleted, as the version after this one. Its sockets then leave the room
   * (gateway.ts).
   */
  #tellDeleted({ room, sessionId: session_id }: StandingRoom, { epoch, version }: Position): void {
    const { io, now } = this.#options;
    io.local.to(room).emit('session:deleted', { session_id, epoch, version: version + 1, server_time_ms: Math.floor(now()) });
  }

  /** The present session; null if it is gone or unreadable. */
  async #load({ room, sessionId }: StandingRoom, position: Position): Promise<StoredSession | null> {
    try {
      return (await this.#options.store.load(sessionId)).session;
    } catch (error) {
      if (!(error instanceof UnreadableStateError || error instanceof NewerSchemaError)) throw error;
      this.#options.logger.error({ session: sessionId, err: error }, 'a room is behind and can’t be brought up to date');
      // The other rooms must not wait for it.
      this.#sent.set(room, { epoch: position.epoch, version: position.version });
      return null;
    }
  }
}

interface StandingRoom {
  room: string;
  sessionId: string;
  /** As `incarnationOf` names it. */
  incarnation: string;
}

/**
 * Whether Redis lost what sockets were sent, which it had before. A session that does not run may leave Redis after a
 * while; a running one may not.
 */
function isLost(position: Position | null, before: SessionPosition | undefined, sent: Position | undefined): sent is Position {
  if (sent === undefined) return false;
  return position === null ? before?.status === 'running' : isAfter(sent, position);
}
