import { setTimeout as wait } from 'node:timers/promises';
import type { EventEnvelope, Status } from '#contract';
import { STATUSES } from '#contract';
import { isAfter, type Position } from '../../domain/position.ts';
import { NewerSchemaError } from '../../domain/schema.ts';
import type { Archive } from '../../engine/archive.ts';
import { type SessionPosition, type SessionStore, type StoredSession, UnreadableStateError } from '../../engine/ports.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { type IoServer, roomOf, sessionOf } from './rooms.ts';

/** Two looks are needed to tell a lost update from one on its way, so a room is healed within twice this. */
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
 * Brings rooms up to date whose updates were lost on the way, for example with the instance that made them: compares what this instance's sockets have been
 * sent with what Redis has, and sends the state where it is newer.
 */
export class Healing {
  readonly #options: HealingOptions;
  /** The newest position that all sockets of a room are known to have been sent. */
  readonly #sent = new Map<string, Position>();
  /** Where Redis stood at the last look. */
  #seen = new Map<string, SessionPosition>();
  readonly #stop = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: HealingOptions) {
    this.#options = options;
  }

  start(): void {
    for (const status of STATUSES) this.#options.metrics.activeSessions.set({ status }, 0);
    this.#looking = this.#lookRepeatedly();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  /** A room was told this. All its sockets are sent the same, but for those that asked for changes. */
  told({ session_id, epoch, version }: EventEnvelope): void {
    if (isNewer({ epoch, version }, this.#sent.get(session_id))) this.#sent.set(session_id, { epoch, version });
  }

  /** A socket of the room has been given this state. The others may still be behind, so it counts only for a room nothing is known of. */
  synced(sessionId: string, position: Position): void {
    if (!this.#sent.has(sessionId)) this.#sent.set(sessionId, position);
  }

  async #lookRepeatedly(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await wait(LOOK_INTERVAL_MS, undefined, { signal: this.#stop.signal, ref: false });
        await this.look();
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#options.logger.debug({ err: error }, 'could not compare rooms with redis');
      }
    }
  }

  /** Compares every room of this instance with Redis once. */
  async look(): Promise<void> {
    const { io, store, metrics } = this.#options;
    const sessions = [...io.of('/').adapter.rooms.keys()].flatMap((room) => sessionOf(room) ?? []);
    const seen = new Map<string, SessionPosition>();
    const counts = new Map<Status, number>();
    for (let from = 0; from < sessions.length; from += BATCH) {
      const batch = sessions.slice(from, from + BATCH);
      const sent = batch.map((sessionId) => this.#sent.get(sessionId));
      const positions = await store.positions(batch);
      for (const [index, sessionId] of batch.entries()) {
        const position = positions[index];
        const before = this.#seen.get(sessionId);
        if (position === undefined) {
          if (before !== undefined) seen.set(sessionId, before);
          continue;
        }
        if (isLost(position, before, sent[index]) && !(await this.#restore(sessionId, sent[index])) && before !== undefined) {
          // Tried again at the next look.
          seen.set(sessionId, before);
        }
        if (position === null) continue;
        seen.set(sessionId, position);
        counts.set(position.status, (counts.get(position.status) ?? 0) + 1);
        if (isNewer(before, this.#sent.get(sessionId))) await this.#heal(sessionId, position);
      }
    }
    this.#seen = seen;
    for (const sessionId of this.#sent.keys()) if (!seen.has(sessionId)) this.#sent.delete(sessionId);
    for (const status of STATUSES) metrics.activeSessions.set({ status }, counts.get(status) ?? 0);
  }

  /** Goes on from what is left of a session. False when that could not be done now; the other rooms must not wait for it. */
  async #restore(sessionId: string, sent: Position): Promise<boolean> {
    const { archive, logger } = this.#options;
    try {
      await archive.restore(sessionId, sent);
      logger.warn({ session: sessionId, sent }, 'Redis lost what a room was told; it goes on from what is left');
      return true;
    } catch (error) {
      logger.warn({ session: sessionId, sent, err: error }, 'Redis lost what a room was told, and it can’t be brought back now');
      return false;
    }
  }

  async #heal(sessionId: string, position: SessionPosition): Promise<void> {
    const { io, now, logger } = this.#options;
    const session = await this.#load(sessionId, position);
    if (session === null) return;
    const { epoch, version, state } = session;
    logger.info({ session: sessionId, version }, 'a room was behind; sending it the state');
    const envelope = { session_id: sessionId, epoch, version, server_time_ms: Math.floor(now()) };
    const room = io.local.to(roomOf(sessionId));
    if (state === null) {
      room.emit('session:deleted', envelope);
    } else {
      room.emit('session:update', { ...envelope, event_type: position.event_type, state });
    }
    this.#sent.set(sessionId, { epoch, version });
  }

  /** The session as it is now; null when it is gone or can't be read. */
  async #load(sessionId: string, position: Position): Promise<StoredSession | null> {
    try {
      return (await this.#options.store.load(sessionId)).session;
    } catch (error) {
      if (!(error instanceof UnreadableStateError || error instanceof NewerSchemaError)) throw error;
      this.#options.logger.error({ session: sessionId, err: error }, 'a room is behind and can’t be brought up to date');
      // The other rooms must not wait for it.
      this.#sent.set(sessionId, position);
      return null;
    }
  }
}

/**
 * What sockets were sent was in Redis before; where it is not there any more, Redis lost it. What does not run may leave Redis after a while,
 * what runs may not.
 */
function isLost(position: Position | null, before: SessionPosition | undefined, sent: Position | undefined): sent is Position {
  if (sent === undefined) return false;
  return position === null ? before?.status === 'running' : isAfter(sent, position);
}

function isNewer(position: Position | undefined, than: Position | undefined): boolean {
  return position !== undefined && (than === undefined || isAfter(position, than));
}
